import { useRef, useState } from 'preact/hooks';
import { account } from '../../api/admin.ts';
import { isApiError, type Me, type MeChange, session } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { useWrite } from '../../lib/hooks.ts';
import { fieldErrors } from '../../lib/problems.ts';
import { rememberWanted } from '../../lib/wanted.ts';
import { Button } from '../../parts/basics.tsx';
import { Failed, toast } from '../../parts/feedback.tsx';
import { focusFirstError, TextField } from '../../parts/field.tsx';

const SHORTEST = 12;
const LONGEST = 256;

/** The server wants to know that it is really oneself: by the old password, or by a link of the last minutes. */
const wantsProof = (error: unknown): boolean =>
  isApiError(error) &&
  (error.problem.errors ?? []).some(one => one.field === 'current_password' && one.code === 'required');

/** How good a password is, the server judges: it knows what people use, and what goes with this person. */
export function PasswordForm({ me, onMe }: { me: Me; onMe: (me: Me) => void }) {
  const form = useRef<HTMLFormElement>(null);
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const write = useWrite((key, change: MeChange) => account.change(change, key));
  const proof = wantsProof(write.error);
  const errors = { ...fieldErrors(write.error), ...wrong };
  const typed = (set: (value: string) => void) => (value: string) => {
    set(value);
    setWrong({});
    write.clear();
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    if ([...password].length < SHORTEST) {
      setWrong({ password: t('password.short', { n: SHORTEST }) });
      return focusFirstError(form.current);
    }
    const next = await write.run({ password, ...(current === '' ? {} : { current_password: current }) });
    if (!next) return focusFirstError(form.current);
    setCurrent('');
    setPassword('');
    onMe(next);
    toast(t('password.saved'));
  };
  return (
    <form ref={form} class="stack" noValidate onSubmit={submit}>
      <p class="muted">{t(me.has_password ? 'password.has' : 'password.has_not')}</p>
      <input
        class="vh"
        type="text"
        autoComplete="username"
        value={me.email}
        readOnly
        tabIndex={-1}
        aria-hidden="true"
      />
      {me.has_password && (
        <TextField
          label={t('password.current')}
          type="password"
          autoComplete="current-password"
          hint={t('password.current_hint')}
          value={current}
          error={proof ? t('password.proof_current') : errors.current_password}
          onValue={typed(setCurrent)}
        />
      )}
      <TextField
        label={t('password.new')}
        type="password"
        autoComplete="new-password"
        maxLength={LONGEST}
        hint={t('password.hint', { n: SHORTEST })}
        value={password}
        error={errors.password}
        onValue={typed(setPassword)}
      />
      {write.error !== undefined && !errors.password && !errors.current_password && <Failed error={write.error} />}
      {proof && <ProveByLink email={me.email} locale={me.locale} asked={!me.has_password} />}
      <div class="actions start">
        <Button submit look="primary" busy={write.busy}>
          {t(me.has_password ? 'password.change' : 'password.set')}
        </Button>
      </div>
    </form>
  );
}

/** A link to one's own address; whoever comes by it is led back here. */
function ProveByLink({ email, locale, asked }: Pick<Me, 'email' | 'locale'> & { asked: boolean }) {
  const [sent, setSent] = useState(false);
  const link = useWrite((key, address: string) => session.askLink(address, locale, key).then(() => true));
  const go = async () => {
    if (!(await link.run(email))) return;
    rememberWanted('/account');
    setSent(true);
  };
  return (
    <div class="notice" role="status">
      <div class="stack">
        <p>{sent ? t('password.link_sent', { email }) : t(asked ? 'password.proof' : 'password.proof_link')}</p>
        {!sent && (
          <div class="actions start">
            <Button icon="mail" busy={link.busy} onClick={go}>
              {t('password.send_link')}
            </Button>
          </div>
        )}
        {link.error !== undefined && <Failed error={link.error} />}
      </div>
    </div>
  );
}
