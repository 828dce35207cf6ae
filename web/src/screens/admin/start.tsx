import { t } from '../../i18n/index.ts';
import { Icon } from '../../parts/icon.tsx';
import { ADMIN_PAGES, Heading, Shell } from '../../parts/shell.tsx';

/** All pages of administration, each with what it is for. */
export default function AdminScreen() {
  const title = t('nav.admin');
  return (
    <Shell top={<Heading title={title}>{title}</Heading>}>
      <main id="main" class="admin" tabIndex={-1}>
        <ul class="tiles">
          {ADMIN_PAGES.map(({ page, icon }) => (
            <li key={page}>
              <a class="card tile" href={`#/admin/${page}`}>
                <Icon name={icon} />
                <span>
                  <b>{t(`nav.${page}`)}</b>
                  <span class="muted sm">{t(`admin.about.${page}`)}</span>
                </span>
              </a>
            </li>
          ))}
        </ul>
      </main>
    </Shell>
  );
}
