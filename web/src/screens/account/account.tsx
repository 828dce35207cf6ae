import { useRef, useState } from 'preact/hooks';
import { account } from '../../api/admin.ts';
import type { Me, MeChange } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { useResource, useWrite } from '../../lib/hooks.ts';
import { keysOn, setKeysOn } from '../../lib/keys.ts';
import { fieldErrors } from '../../lib/problems.ts';
import { LanguageChoice, Notices, ThemeChoice } from '../../parts/account.tsx';
import { Button } from '../../parts/basics.tsx';
import { ErrorBox, Failed, Skeleton, toast } from '../../parts/feedback.tsx';
import { CheckField, focusFirstError, TextField } from '../../parts/field.tsx';
import { Dialog } from '../../parts/overlay.tsx';
import { Heading, Shell } from '../../parts/shell.tsx';
import { changeMe, isStaff, signOut, signOutBy, useSession } from '../../state/session.ts';
import { PasswordForm } from './password.tsx';
import { Tokens } from './tokens.tsx';

/** All that one may choose about oneself. */
export default function AccountScreen() {
  const { me } = useSession();
  const mine = useResource(() => account.me(), []);
  const title = t('account.mine');
  const staff = isStaff(me);
  const top = staff && <Heading title={title}>{title}</Heading>;
  return (
    <Shell top={top} back="#/">
      <main id="main" class="admin" tabIndex={-1}>
        {!staff && (
          <header class="form-head">
            <Heading title={title}>{title}</Heading>
          </header>
        )}
        {mine.error !== undefined && <ErrorBox error={mine.error} onRetry={mine.reload} />}
        {!mine.data && mine.error === undefined && <Skeleton rows={5} look="fields" />}
        {mine.data && <Sections me={mine.data} onMe={mine.set} />}
      </main>
    </Shell>
  );
}

function Sections({ me, onMe }: { me: Me; onMe: (me: Me) => void }) {
  const session = useSession();
  const saved = (next: Me) => {
    onMe(next);
    changeMe(next);
  };
  return (
    <div class="cards narrow">
      <section class="card panel" aria-label={t('account.about')}>
        <h2>{t('account.about')}</h2>
        <NameForm me={me} onMe={saved} />
        <LanguageChoice />
        {session.me && <Notices me={session.me} />}
      </section>
      <section class="card panel" aria-label={t('account.device')}>
        <h2>{t('account.device')}</h2>
        <ThemeChoice />
        {isStaff(me) && <Shortcuts />}
      </section>
      <section class="card panel" aria-label={t('password')}>
        <h2>{t('password')}</h2>
        <PasswordForm me={me} onMe={saved} />
      </section>
      <Tokens />
      <section class="card panel" aria-label={t('sessions')}>
        <h2>{t('sessions')}</h2>
        <Sessions />
      </section>
    </div>
  );
}

function NameForm({ me, onMe }: { me: Me; onMe: (me: Me) => void }) {
  const form = useRef<HTMLFormElement>(null);
  const [name, setName] = useState(me.name);
  const [wrong, setWrong] = useState<string>();
  const write = useWrite((key, change: MeChange) => account.change(change, key));
  const error = wrong ?? fieldErrors(write.error).name;
  const submit = async (event: Event) => {
    event.preventDefault();
    if (name.trim() === '') {
      setWrong(t('field.required'));
      return focusFirstError(form.current);
    }
    const next = await write.run({ name: name.trim() });
    if (!next) return focusFirstError(form.current);
    onMe(next);
    toast(t('saved'));
  };
  return (
    <form ref={form} class="stack" noValidate onSubmit={submit}>
      <TextField
        label={t('users.name')}
        value={name}
        maxLength={100}
        autoComplete="name"
        hint={me.email}
        error={error}
        onValue={value => {
          setName(value);
          setWrong(undefined);
          write.clear();
        }}
      />
      {write.error !== undefined && !error && <Failed error={write.error} />}
      {name.trim() !== me.name && (
        <div class="actions start">
          <Button submit look="primary" busy={write.busy}>
            {t('account.save_name')}
          </Button>
        </div>
      )}
    </form>
  );
}

function Shortcuts() {
  const [on, setOn] = useState(keysOn);
  return (
    <CheckField
      label={t('account.shortcuts')}
      hint={t('account.shortcuts_hint')}
      checked={on}
      onChecked={next => {
        setKeysOn(next);
        setOn(next);
      }}
    />
  );
}

function Sessions() {
  const [asked, setAsked] = useState(false);
  const leave = useWrite(() => signOut().then(() => true));
  const end = useWrite(() => signOutBy(account.endAll).then(() => true));
  return (
    <>
      <p class="muted">{t('sessions.lead')}</p>
      <div class="actions start">
        <Button busy={leave.busy} onClick={() => void leave.run()}>
          {t('sign_out')}
        </Button>
        <Button look="danger" onClick={() => setAsked(true)}>
          {t('sessions.end')}
        </Button>
      </div>
      {leave.error !== undefined && <Failed error={leave.error} />}
      {asked && (
        <Dialog title={t('sessions.end_title')} onClose={() => setAsked(false)}>
          <p>{t('sessions.end_lead')}</p>
          {end.error !== undefined && <Failed error={end.error} />}
          <div class="actions">
            <Button onClick={() => setAsked(false)}>{t('cancel')}</Button>
            <Button look="danger" busy={end.busy} onClick={() => void end.run()}>
              {t('sessions.end')}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
