import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n/index.ts';
import { Button } from '../../parts/basics.tsx';
import { Dialog } from '../../parts/overlay.tsx';
import { lookAgain } from '../../state/session.ts';
import { Resend, SignInForm } from './sign-in.tsx';

/** Over the page, which stays as it is: after signing in, here or in another tab, what was typed is still there. */
export function SessionDialog() {
  const [sentTo, setSentTo] = useState<string>();
  const [still, setStill] = useState(false);
  useEffect(() => {
    const look = () => void lookAgain();
    addEventListener('focus', look);
    return () => removeEventListener('focus', look);
  }, []);
  const check = async () => setStill(!(await lookAgain()));
  return (
    <Dialog title={t('ended.title')}>
      <p>{sentTo ? t('ended.sent', { email: sentTo }) : t('ended.lead')}</p>
      {sentTo ? (
        <div class="stack">
          <Button look="primary lg" onClick={check}>
            {t('continue')}
          </Button>
          {still && (
            <p class="error" role="alert">
              {t('ended.still')}
            </p>
          )}
          <Resend email={sentTo} />
        </div>
      ) : (
        <SignInForm compact onIn={() => undefined} onSent={setSentTo} />
      )}
    </Dialog>
  );
}
