import { useRef, useState } from 'preact/hooks';
import { eraseUser } from '../../api/admin.ts';
import type { User } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { useWrite } from '../../lib/hooks.ts';
import { Button, Rich } from '../../parts/basics.tsx';
import { Failed } from '../../parts/feedback.tsx';
import { focusFirstError, TextField } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Dialog } from '../../parts/overlay.tsx';

interface EraseProps {
  user: User;
  onClose: () => void;
  onErased: () => void;
}

/** Erasing cannot be undone: says all that it does, and goes on only where the address was typed. */
export function EraseDialog({ user, onClose, onErased }: EraseProps) {
  const form = useRef<HTMLFormElement>(null);
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState<string>();
  const erase = useWrite((key, id: string) => eraseUser(id, key).then(() => true));
  const submit = async (event: Event) => {
    event.preventDefault();
    if (typed.trim().toLowerCase() !== user.email.toLowerCase()) {
      setWrong(t('users.erase.differs'));
      return focusFirstError(form.current);
    }
    if (await erase.run(user.id)) onErased();
  };
  return (
    <Dialog title={t('users.erase.title', { name: user.name || user.email })} onClose={onClose}>
      <form ref={form} class="stack" noValidate onSubmit={submit}>
        <div class="notice bad">
          <Icon name="alert" />
          <p>{t('users.erase.lead')}</p>
        </div>
        <ul class="dots sm">
          {(['words', 'files', 'account', 'history'] as const).map(what => (
            <li key={what}>{t(`users.erase.does.${what}`)}</li>
          ))}
        </ul>
        <TextField
          label={t('users.erase.type')}
          hint={<Rich text="users.erase.type_hint" email={<b class="strong">{user.email}</b>} />}
          value={typed}
          autoComplete="off"
          error={wrong}
          onValue={value => {
            setTyped(value);
            setWrong(undefined);
            erase.clear();
          }}
        />
        {erase.error !== undefined && <Failed error={erase.error} />}
        <div class="actions">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button submit look="danger" busy={erase.busy}>
            {t('action.erase')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
