import { t } from '../i18n/index.ts';
import { Rich } from './basics.tsx';
import { Dialog } from './overlay.tsx';

const ROWS = [
  { keys: ['j', 'k'], name: 'keys.move' },
  { keys: ['o'], name: 'keys.open' },
  { keys: ['x', 'X'], name: 'keys.tick' },
  { keys: ['c'], name: 'ticket.new' },
  { keys: ['g i'], name: 'nav.inbox' },
  { keys: ['g m'], name: 'nav.mine' },
  { keys: ['g u'], name: 'nav.unassigned' },
  { keys: ['r', 'n'], name: 'keys.reply' },
  { keys: ['Ctrl Enter', 'e'], name: 'keys.send' },
  { keys: ['a', 's', 'p', 'd'], name: 'keys.change' },
  { keys: ['[', ']'], name: 'keys.neighbours' },
  { keys: ['u'], name: 'keys.back' },
  { keys: ['?'], name: 'keys.help' },
] as const;

/** Which keys do what. */
export default function KeyHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t('keys')} onClose={onClose}>
      <dl class="keys">
        {ROWS.map(row => (
          <>
            <dt>
              {row.keys.map(key => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(row.name)}</dd>
          </>
        ))}
      </dl>
      <p class="muted xs">
        <Rich
          text="keys.off"
          page={
            <a href="#/account" onClick={onClose}>
              {t('account.mine')}
            </a>
          }
        />
      </p>
    </Dialog>
  );
}
