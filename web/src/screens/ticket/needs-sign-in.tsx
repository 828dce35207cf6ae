import type { ApiError } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { problemText } from '../../lib/problems.ts';
import { rememberWanted } from '../../lib/wanted.ts';
import { Icon } from '../../parts/icon.tsx';
import { Heading } from '../../parts/shell.tsx';
import { Gate } from '../gate/gate.tsx';

/** A ticket that nobody here may see yet: its link did not work, or there was none. */
export function NeedsSignIn({ number, error }: { number: number; error: ApiError }) {
  const unknown = error.code === 'bad_credentials';
  const lead = t(unknown ? 'link.unknown' : 'needs.lead');
  return (
    <Gate>
      <div class="card box">
        <span class="mailart">
          <Icon name="lock" />
        </span>
        <div>
          <Heading title={t('needs.title')}>{t('needs.title')}</Heading>
          <p class="lead">{unknown || error.code === 'sign_in_needed' ? lead : `${problemText(error)} ${lead}`}</p>
        </div>
        <a class="btn primary lg" href="#/in" onClick={() => rememberWanted(`/t/${number}`)}>
          {t(unknown ? 'landing.new' : 'sign_in')}
        </a>
      </div>
    </Gate>
  );
}
