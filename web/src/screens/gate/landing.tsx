import { useState } from 'preact/hooks';
import { isApiError, session } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { useWrite } from '../../lib/hooks.ts';
import { problemText } from '../../lib/problems.ts';
import { expiredKey, forgetSignInToken, signInToken } from '../../lib/secrets.ts';
import { goOn } from '../../lib/wanted.ts';
import { Button } from '../../parts/basics.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Heading } from '../../parts/shell.tsx';
import { signedIn, ticketName } from '../../state/session.ts';
import { Gate } from './gate.tsx';

/** A link's page: opening it changes nothing, since mail scanners open links too. The button's POST redeems it. */
export function MagicLink() {
  const [token] = useState(signInToken);
  const enter = useWrite((_key, secret: string) => session.byToken(secret));
  const go = async () => {
    const answer = token && (await enter.run(token));
    if (!answer) return;
    forgetSignInToken();
    await signedIn(answer);
    goOn();
  };
  const unknown = !token || (isApiError(enter.error) && enter.error.code === 'bad_credentials');
  const spent = unknown || (isApiError(enter.error) && enter.error.status === 401);
  return (
    <Gate>
      <div class="card box">
        <span class="mailart">
          <Icon name="lock" />
        </span>
        <div>
          <Heading title={t('landing.title')}>{t('landing.title')}</Heading>
          <p class="lead">{t(unknown ? 'link.unknown' : spent ? 'landing.spent' : 'landing.lead')}</p>
        </div>
        {enter.error !== undefined && !unknown && (
          <div class="notice bad" role="alert">
            <Icon name="alert" />
            <p>{problemText(enter.error)}</p>
          </div>
        )}
        {spent ? (
          <a class="btn primary lg" href="#/in">
            {t('landing.new')}
          </a>
        ) : (
          <Button look="primary lg" busy={enter.busy} onClick={go}>
            {t('continue')}
          </Button>
        )}
      </div>
    </Gate>
  );
}

/** A ticket's link that has run out: its key still gets its own address a new one. Without one, how to get there. */
export function ExpiredLink() {
  const [expired] = useState(expiredKey);
  const [sent, setSent] = useState(false);
  const ask = useWrite((key, number: number, secret: string) =>
    session.newTicketLink(number, secret, key).then(() => true),
  );
  const go = async () => {
    if (expired && (await ask.run(expired.number, expired.key))) setSent(true);
  };
  const lead = sent
    ? t('link.sent')
    : expired
      ? t('link.lead', { ticket: ticketName(expired.number) })
      : t('link.lost');
  const title = t(sent ? 'sent.title' : expired ? 'link.title' : 'landing.new');
  return (
    <Gate>
      <div class="card box">
        <span class="mailart">
          <Icon name={expired && !sent ? 'clock' : 'mail'} />
        </span>
        <div role="status">
          <Heading title={title}>{title}</Heading>
          <p class="lead">{lead}</p>
        </div>
        {ask.error !== undefined && (
          <div class="notice bad" role="alert">
            <Icon name="alert" />
            <p>{problemText(ask.error)}</p>
          </div>
        )}
        {expired && !sent && (
          <Button look="primary lg" icon="mail" busy={ask.busy} onClick={go}>
            {t('link.ask')}
          </Button>
        )}
        <div class="split sm">
          <a href="#/in">{t('sign_in')}</a>
        </div>
      </div>
    </Gate>
  );
}
