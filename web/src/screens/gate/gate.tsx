import type { ComponentChildren } from 'preact';
import { LOCALES, setLocale, t, useLocale } from '../../i18n/index.ts';
import { toastError } from '../../parts/feedback.tsx';
import { Brand } from '../../parts/icon.tsx';
import { useSession } from '../../state/session.ts';

/** The frame of the pages before one is signed in. */
export function Gate({ children }: { children: ComponentChildren }) {
  const locale = useLocale();
  const { site } = useSession();
  return (
    <div class="gate">
      <header>
        <Brand href="#/in" />
        <fieldset class="langs">
          <legend class="vh">{t('language')}</legend>
          {LOCALES.map(id => (
            <button
              key={id}
              type="button"
              lang={id}
              aria-pressed={id === locale}
              onClick={() => setLocale(id, true).catch(toastError)}
            >
              {id.toUpperCase()}
              <span class="vh">, {t(`language.${id}`)}</span>
            </button>
          ))}
        </fieldset>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <footer class="xs muted">
        <span>{site.site_name}</span>
      </footer>
    </div>
  );
}
