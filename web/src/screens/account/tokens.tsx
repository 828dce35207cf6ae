import { useRef, useState } from 'preact/hooks';
import { account } from '../../api/admin.ts';
import type { MadeToken, NewToken, Token, TokenScope } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { useResource, useWrite } from '../../lib/hooks.ts';
import { fieldErrors } from '../../lib/problems.ts';
import { Button, momentWords, useNow } from '../../parts/basics.tsx';
import { announce, ErrorBox, Failed, Skeleton, toast } from '../../parts/feedback.tsx';
import { focusFirstError, Segmented, SelectField, TextField } from '../../parts/field.tsx';
import { Dialog } from '../../parts/overlay.tsx';

const DAY = 86_400_000;
const LIVES = ['30', '90', '365', 'never'] as const;
type Lives = (typeof LIVES)[number];
const MAX_NAME = 80;

export function Tokens() {
  const list = useResource(() => account.tokens(), []);
  const [making, setMaking] = useState(false);
  const [revoked, setRevoked] = useState<Token>();
  const items = list.data?.items;
  return (
    <section class="card panel" aria-label={t('tokens')}>
      <header>
        <h2 class="grow">{t('tokens')}</h2>
        <Button icon="plus" onClick={() => setMaking(true)}>
          {t('tokens.new')}
        </Button>
      </header>
      <p class="muted">{t('tokens.lead')}</p>
      {list.error !== undefined && <ErrorBox error={list.error} onRetry={list.reload} />}
      {!items && list.error === undefined && <Skeleton rows={2} look="lines" />}
      {items?.length === 0 && <p class="muted">{t('tokens.empty')}</p>}
      {items && items.length > 0 && (
        <ul class="rows">
          {items.map(token => (
            <TokenRow key={token.id} token={token} onRevoke={() => setRevoked(token)} />
          ))}
        </ul>
      )}
      {making && <MakeDialog onClose={() => setMaking(false)} onMade={list.reload} />}
      {revoked && (
        <RevokeDialog
          token={revoked}
          onClose={() => setRevoked(undefined)}
          onRevoked={() => {
            list.set({ items: (items ?? []).filter(other => other.id !== revoked.id) });
            setRevoked(undefined);
            toast(t('tokens.revoked'));
          }}
        />
      )}
    </section>
  );
}

function TokenRow({ token, onRevoke }: { token: Token; onRevoke: () => void }) {
  const now = useNow();
  const ends = token.expires_at ? new Date(token.expires_at) : undefined;
  const over = ends !== undefined && ends <= now;
  const when =
    ends === undefined ? t('token.no_end') : t(over ? 'token.ended' : 'token.ends', { when: momentWords(ends, now) });
  return (
    <li>
      <div class="row">
        <span class="grow">
          <b dir="auto">{token.name}</b>
          <span class={over ? 'xs bad-words' : 'xs muted'}>
            {t(`token.scope.${token.scope}`)} · {when}
          </span>
        </span>
        <Button look="ghost danger" label={t('tokens.revoke_one', { name: token.name })} onClick={onRevoke}>
          {t('tokens.revoke')}
        </Button>
      </div>
    </li>
  );
}

function MakeDialog({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const form = useRef<HTMLFormElement>(null);
  const [name, setName] = useState('');
  const [scope, setScope] = useState<TokenScope>('read');
  const [lives, setLives] = useState<Lives>('90');
  const [wrong, setWrong] = useState<string>();
  const [made, setMade] = useState<MadeToken>();
  const make = useWrite((_key, token: NewToken) => account.makeToken(token));
  const error = wrong ?? fieldErrors(make.error).name;
  const submit = async (event: Event) => {
    event.preventDefault();
    if (name.trim() === '') {
      setWrong(t('field.required'));
      return focusFirstError(form.current);
    }
    const ends = lives === 'never' ? {} : { expires_at: new Date(Date.now() + Number(lives) * DAY).toISOString() };
    const token = await make.run({ name: name.trim(), scope, ...ends });
    if (!token) return focusFirstError(form.current);
    setMade(token);
    onMade();
  };
  if (made) return <MadeDialog token={made} onClose={onClose} />;
  return (
    <Dialog title={t('tokens.new')} onClose={onClose}>
      <form ref={form} class="stack" noValidate onSubmit={submit}>
        <TextField
          label={t('tokens.name')}
          hint={t('tokens.name_hint')}
          maxLength={MAX_NAME}
          value={name}
          error={error}
          onValue={value => {
            setName(value);
            setWrong(undefined);
            make.clear();
          }}
        />
        <div class="field">
          <span class="label">{t('tokens.scope')}</span>
          <Segmented
            label={t('tokens.scope')}
            value={scope}
            choices={(['read', 'write'] as const).map(id => ({ id, name: t(`token.scope.${id}`) }))}
            onValue={setScope}
          />
          <p class="hint">{t(`token.scope_hint.${scope}`)}</p>
        </div>
        <SelectField
          label={t('tokens.lives')}
          value={lives}
          choices={LIVES.map(id => ({ id, name: t(`token.lives.${id}`) }))}
          hint={lives === 'never' ? t('token.never_hint') : undefined}
          onValue={value => setLives(value as Lives)}
        />
        {make.error !== undefined && !error && <Failed error={make.error} />}
        <div class="actions">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button submit look="primary" busy={make.busy}>
            {t('tokens.make')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** The secret, this once: nobody can show it again. */
function MadeDialog({ token, onClose }: { token: MadeToken; onClose: () => void }) {
  const box = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState<boolean>();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(token.token);
      setCopied(true);
      announce(t('tokens.copied'));
    } catch {
      // No clipboard over plain HTTP, or not allowed: it is selected, to be copied by hand.
      box.current?.select();
      setCopied(false);
    }
  };
  return (
    <Dialog title={t('tokens.made_title', { name: token.name })} onClose={onClose}>
      <p>{t('tokens.made_lead')}</p>
      <div class="field">
        <label for="made-token">{t('tokens.secret')}</label>
        <input
          ref={box}
          id="made-token"
          class="in mono"
          readOnly
          value={token.token}
          onFocus={event => event.currentTarget.select()}
        />
      </div>
      <p class="sm" role="status">
        {copied === true && t('tokens.copied')}
        {copied === false && t('tokens.copy_by_hand')}
      </p>
      <div class="actions">
        <Button icon="copy" look="primary" onClick={copy}>
          {t('tokens.copy')}
        </Button>
        <Button onClick={onClose}>{t('tokens.kept')}</Button>
      </div>
    </Dialog>
  );
}

function RevokeDialog({ token, onClose, onRevoked }: { token: Token; onClose: () => void; onRevoked: () => void }) {
  const remove = useWrite((_key, id: string) => account.removeToken(id).then(() => true));
  const go = async () => {
    if (await remove.run(token.id)) onRevoked();
  };
  return (
    <Dialog title={t('tokens.revoke_title', { name: token.name })} onClose={onClose}>
      <p>{t('tokens.revoke_lead')}</p>
      {remove.error !== undefined && <Failed error={remove.error} />}
      <div class="actions">
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button look="danger" busy={remove.busy} onClick={go}>
          {t('tokens.revoke')}
        </Button>
      </div>
    </Dialog>
  );
}
