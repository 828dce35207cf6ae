import { t } from '../i18n/index.ts';
import { Empty } from '../parts/feedback.tsx';
import { Heading, Shell } from '../parts/shell.tsx';

/** One page for what is not there and what one may not see. */
export function Gone() {
  return (
    <Shell top={null} back="#/">
      <main id="main" class="thread" tabIndex={-1}>
        <Heading title={t('gone.title')}>{t('gone.title')}</Heading>
        <Empty text={t('gone.lead')}>
          <a class="btn primary" href="#/">
            {t('gone.home')}
          </a>
        </Empty>
      </main>
    </Shell>
  );
}
