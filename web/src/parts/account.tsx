import { useState } from 'preact/hooks';
import { newKey, session, type User } from '../api/index.ts';
import { LOCALES, type Locale, setLocale, t, useLocale } from '../i18n/index.ts';
import { useWrite } from '../lib/hooks.ts';
import { changeMe, isStaff, signOut, useSession } from '../state/session.ts';
import { setTheme, type Theme, theme } from '../state/theme.ts';
import { Button } from './basics.tsx';
import { Failed, toastError } from './feedback.tsx';
import { Segmented } from './field.tsx';
import { Icon, type IconName } from './icon.tsx';
import { Dialog } from './overlay.tsx';

export const localeNames = () => LOCALES.map(id => ({ id, name: t(`language.${id}`) }));

interface AccountProps {
  /** The pages which a phone's bottom bar has no room for. */
  pages: { href: string; icon: IconName; label: string }[];
  onClose: () => void;
}

export default function AccountDialog({ pages, onClose }: AccountProps) {
  const { me, guest } = useSession();
  const [leaving, setLeaving] = useState(false);
  const person = me ?? guest;

  const leave = async () => {
    setLeaving(true);
    try {
      await signOut();
    } catch (error) {
      toastError(error);
      setLeaving(false);
    }
  };

  return (
    <Dialog title={t('account')} look="account" onClose={onClose}>
      {person && (
        <p class="sm">
          <b>{person.name}</b>
          <br />
          <span class="muted">{person.email}</span>
        </p>
      )}
      {pages.length > 0 && (
        <nav class="phone menu" aria-label={t('nav.more')}>
          {pages.map(item => (
            <a key={item.href} class="btn" href={item.href} onClick={onClose}>
              <Icon name={item.icon} />
              {item.label}
            </a>
          ))}
        </nav>
      )}
      {me && (
        <a class="btn" href="#/account" onClick={onClose}>
          <Icon name="user" />
          {t('account.mine')}
        </a>
      )}
      <LanguageChoice />
      <ThemeChoice />
      {me && <Notices me={me} />}
      {person && (
        <Button busy={leaving} onClick={leave}>
          {t('sign_out')}
        </Button>
      )}
    </Dialog>
  );
}

/** One's language: at once here, and for mails where one has an account. */
export function LanguageChoice() {
  const { me } = useSession();
  const locale = useLocale();
  const choose = (next: Locale) => {
    setLocale(next, true).catch(toastError);
    if (me) session.update({ locale: next }, newKey()).then(changeMe, toastError);
  };
  return (
    <div class="field">
      <span class="label">{t('language')}</span>
      <Segmented label={t('language')} value={locale} choices={localeNames()} onValue={choose} />
    </div>
  );
}

export function ThemeChoice() {
  const [look, setLook] = useState(theme);
  const choose = (next: Theme) => {
    setTheme(next);
    setLook(next);
  };
  return (
    <div class="field">
      <span class="label">{t('theme')}</span>
      <Segmented
        label={t('theme')}
        value={look}
        choices={(['system', 'light', 'dark'] as const).map(id => ({ id, name: t(`theme.${id}`) }))}
        onValue={choose}
      />
    </div>
  );
}

/** The mails that one may refuse. What else is mailed, the hint says. */
export function Notices({ me }: { me: User }) {
  const write = useWrite((key, notify: boolean) => session.update({ notify }, key));
  const choose = async (notify: boolean) => {
    const now = await write.run(notify);
    if (now) changeMe(now);
  };
  return (
    <div class="field">
      <span class="label">{t('notices')}</span>
      <label class="check">
        <input
          class="cb"
          type="checkbox"
          // Shown as chosen at once, and as it was where that fails.
          checked={write.busy ? !me.notify : me.notify}
          onClick={event => write.busy && event.preventDefault()}
          onChange={event => void choose(event.currentTarget.checked)}
        />
        {t(isStaff(me) ? 'notices.staff' : 'notices.user')}
      </label>
      <p class="hint">{t(isStaff(me) ? 'notices.always_staff' : 'notices.always_user')}</p>
      {write.error !== undefined && <Failed error={write.error} />}
    </div>
  );
}
