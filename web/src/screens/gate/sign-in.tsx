import { useEffect, useRef, useState } from 'preact/hooks';
import { isApiError, session } from '../../api/index.ts';
import { locale, t } from '../../i18n/index.ts';
import { currentPath, navigate } from '../../lib/hash-location.ts';
import { useWrite } from '../../lib/hooks.ts';
import { problemText } from '../../lib/problems.ts';
import { goOn } from '../../lib/wanted.ts';
import { Button, Rich } from '../../parts/basics.tsx';
import { focusFirstError, TextField } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Heading } from '../../parts/shell.tsx';
import { signedIn, useSession } from '../../state/session.ts';
import { Gate } from './gate.tsx';

/** The address that a link was sent to; in memory alone. */
let sentTo: string | undefined;
const looksLikeAddress = (text: string) => /^[^\s@]+@[^\s@]+$/.test(text.trim());

/** The fields of both ways in; used by the page and by the dialog of an ended session. */
export function SignInForm({
  onIn,
  onSent,
  compact,
}: {
  onIn: () => void;
  onSent: (email: string) => void;
  compact?: boolean;
}) {
  const { site, me } = useSession();
  const form = useRef<HTMLFormElement>(null);
  const [email, setEmail] = useState(compact ? (me?.email ?? '') : (sentTo ?? ''));
  const [password, setPassword] = useState<string>();
  const [wrong, setWrong] = useState<{ email?: string | undefined; password?: string | undefined }>({});
  const link = useWrite((key, address: string) => session.askLink(address, locale(), key).then(() => address));
  const enter = useWrite((_key, address: string, word: string) => session.byPassword(address, word));
  const withPassword = password !== undefined;
  const failed = withPassword ? enter.error : link.error;

  const submit = async (event: Event) => {
    event.preventDefault();
    const found = {
      email: looksLikeAddress(email) ? undefined : t('field.email'),
      password: password === '' ? t('field.required') : undefined,
    };
    setWrong(found);
    if (found.email || found.password) return focusFirstError(form.current);
    if (withPassword) {
      const answer = await enter.run(email.trim(), password);
      if (!answer) return;
      await signedIn(answer);
      onIn();
    } else {
      const address = await link.run(email.trim());
      if (address) onSent(address);
    }
  };

  return (
    <form ref={form} class="stack" noValidate onSubmit={submit}>
      {failed !== undefined && (
        <div class="notice bad" role="alert">
          <Icon name="alert" />
          <p>{isApiError(failed) && failed.status === 429 ? t('problem.too_many_attempts') : problemText(failed)}</p>
        </div>
      )}
      <TextField
        label={t('sign_in.email')}
        type="email"
        name="email"
        autoComplete="username"
        inputMode="email"
        large
        value={email}
        onValue={setEmail}
        error={wrong.email}
      />
      {withPassword && (
        <TextField
          label={t('sign_in.password')}
          type="password"
          name="password"
          autoComplete="current-password"
          large
          value={password}
          onValue={setPassword}
          error={wrong.password}
        />
      )}
      <Button submit look="primary lg" icon={withPassword ? 'lock' : 'mail'} busy={link.busy || enter.busy}>
        {withPassword ? t('sign_in.enter') : t('sign_in.send')}
      </Button>
      <div class="or">{t('or')}</div>
      <Button
        look="lg"
        icon={withPassword ? 'mail' : 'lock'}
        onClick={() => setPassword(withPassword ? undefined : '')}
      >
        {withPassword ? t('sign_in.use_link') : t('sign_in.use_password')}
      </Button>
      {!withPassword && (
        <p class="xs muted">
          {t('sign_in.hint')} {site.open_sign_up && t('sign_in.first_time')}
        </p>
      )}
    </form>
  );
}

export function SignIn() {
  const { me, site } = useSession();
  useEffect(() => {
    if (me && currentPath() === '/in') goOn();
  }, [me]);
  const sent = (email: string) => {
    sentTo = email;
    navigate('/in/sent');
  };
  return (
    <Gate>
      <div class="card box">
        <div>
          <Heading title={t('sign_in')}>{t('sign_in')}</Heading>
          <p class="lead">{t('sign_in.lead')}</p>
        </div>
        <SignInForm onIn={() => undefined} onSent={sent} />
        {site.guest_tickets && (
          <div class="split sm">
            <a href="#/guest">{t('sign_in.guest')}</a>
          </div>
        )}
      </div>
    </Gate>
  );
}

const RESEND_AFTER = 60;

/** A button that can be pressed again a minute later. */
export function Resend({ email }: { email: string }) {
  const [left, setLeft] = useState(RESEND_AFTER);
  const link = useWrite((key, address: string) => session.askLink(address, locale(), key).then(() => address));
  useEffect(() => {
    if (left === 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  const again = async () => {
    if (await link.run(email)) setLeft(RESEND_AFTER);
  };
  return (
    <div class="sm muted">
      <p>{t('sent.missing')}</p>
      {left > 0 ? (
        <p class="num">{t('sent.wait', { time: `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}` })}</p>
      ) : (
        <Button busy={link.busy} onClick={again}>
          {t('sent.again')}
        </Button>
      )}
      {link.error !== undefined && (
        <p class="error" role="alert">
          {problemText(link.error)}
        </p>
      )}
    </div>
  );
}

export function LinkSent() {
  const email = sentTo;
  useEffect(() => {
    if (!email) navigate('/in', { replace: true });
  }, []);
  if (!email) return null;
  return (
    <Gate>
      <div class="card box">
        <span class="mailart">
          <Icon name="mail" />
        </span>
        <div>
          <Heading title={t('sent.title')}>{t('sent.title')}</Heading>
          <p class="lead">
            <Rich text="sent.lead" email={<b class="strong">{email}</b>} />
          </p>
        </div>
        <Resend email={email} />
        <div class="split sm">
          <a href="#/in">{t('sent.another')}</a>
        </div>
      </div>
    </Gate>
  );
}
