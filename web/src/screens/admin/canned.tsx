import { useRef, useState } from 'preact/hooks';
import { canned } from '../../api/admin.ts';
import type { CannedReplies, CannedRepliesInput } from '../../api/index.ts';
import { LOCALES, locale, t } from '../../i18n/index.ts';
import { afterCannedDeed, type Bodies, type CannedDeed, cannedParts, PLACEHOLDERS } from '../../lib/canned.ts';
import { useWrite } from '../../lib/hooks.ts';
import { fieldErrors } from '../../lib/problems.ts';
import { Button } from '../../parts/basics.tsx';
import { announce, Empty, ErrorBox, Failed, Skeleton, toast, toastError } from '../../parts/feedback.tsx';
import { focusFirstError, TextField } from '../../parts/field.tsx';
import { Dialog } from '../../parts/overlay.tsx';
import { Heading, Shell } from '../../parts/shell.tsx';
import { RemoveDialog } from './org-dialogs.tsx';
import { useVersioned, VersionConflict } from './use-versioned.tsx';

type Reply = CannedReplies['replies'][number];
type Ask = { do: 'add' } | { do: 'edit' | 'remove'; reply: Reply };
type Change = (deed: CannedDeed) => Promise<boolean>;

const MAX_NAME = 80;
const MAX_BODY = 8_000;

const deedWords =
  (list: CannedReplies | undefined) =>
  (deed: CannedDeed): string => {
    if (deed.do === 'add') return t('tree.deed.add', { name: deed.name });
    const name = list?.replies.find(reply => reply.id === deed.id)?.name ?? t('tree.unknown');
    if (deed.do === 'edit') return t('tree.deed.change', { name: deed.name });
    return t(deed.do === 'shift' ? 'tree.deed.shift' : 'tree.deed.remove', { name });
  };

export default function CannedScreen() {
  const list = useVersioned<CannedReplies, CannedRepliesInput, CannedDeed>({
    ...canned,
    after: afterCannedDeed,
    parts: cannedParts,
  });
  const [asked, setAsked] = useState<Ask>();
  const title = t('nav.canned');
  const top = (
    <>
      <Heading title={title}>{title}</Heading>
      <span class="grow" />
      <Button look="primary" icon="plus" onClick={() => setAsked({ do: 'add' })}>
        {t('canned.new')}
      </Button>
    </>
  );
  const close = () => setAsked(undefined);
  return (
    <Shell top={top}>
      <main id="main" class="admin" tabIndex={-1}>
        {list.error !== undefined && <ErrorBox error={list.error} onRetry={list.reload} />}
        {!list.value && list.error === undefined && <Skeleton rows={4} look="lines" />}
        {list.value?.replies.length === 0 && <Empty text={t('canned.empty')} />}
        {list.value && list.value.replies.length > 0 && (
          <div class="cards">
            <section class="card panel" aria-label={title}>
              <p class="muted">{t('canned.lead')}</p>
              <ReplyList replies={list.value.replies} change={list.change} onAsk={setAsked} />
            </section>
          </div>
        )}
        {asked && asked.do !== 'remove' && (
          <ReplyForm
            reply={asked.do === 'edit' ? asked.reply : undefined}
            change={list.change}
            onClose={close}
            onRemove={reply => setAsked({ do: 'remove', reply })}
          />
        )}
        {asked?.do === 'remove' && (
          <RemoveDialog
            name={asked.reply.name}
            below={false}
            retired={false}
            remove={() => list.change({ do: 'remove', id: asked.reply.id })}
            onClose={close}
          />
        )}
        {!asked && <VersionConflict of={list} words={deedWords(list.value)} />}
      </main>
    </Shell>
  );
}

const preview = (bodies: Bodies): string => bodies[locale()] ?? bodies.es ?? bodies.pt ?? bodies.en ?? '';

function ReplyList({ replies, change, onAsk }: { replies: Reply[]; change: Change; onAsk: (ask: Ask) => void }) {
  const shift = (reply: Reply, at: number, by: 1 | -1) => {
    announce(t('tree.shifted', { name: reply.name, place: at + 1 + by, all: replies.length }));
    change({ do: 'shift', id: reply.id, by }).catch(toastError);
  };
  return (
    <ol class="rows">
      {replies.map((reply, at) => (
        <li key={reply.id ?? `new ${at}`}>
          <div class="row">
            <span class="grow">
              <b dir="auto">{reply.name}</b>
              <span class="muted xs clip" dir="auto">
                {preview(reply.bodies)}
              </span>
            </span>
            <span class="xs muted">
              {LOCALES.filter(id => reply.bodies[id])
                .join(' · ')
                .toUpperCase()}
            </span>
            <span class="row-do">
              <Button
                look="ghost icon"
                icon="up"
                label={t('tree.up', { name: reply.name })}
                disabled={at === 0}
                onClick={() => shift(reply, at, -1)}
              />
              <Button
                look="ghost icon"
                icon="down"
                label={t('tree.down', { name: reply.name })}
                disabled={at === replies.length - 1}
                onClick={() => shift(reply, at, 1)}
              />
              <Button
                look="ghost"
                label={t('tree.edit_one', { name: reply.name })}
                disabled={!reply.id}
                onClick={() => onAsk({ do: 'edit', reply })}
              >
                {t('edit')}
              </Button>
            </span>
          </div>
        </li>
      ))}
    </ol>
  );
}

interface FormProps {
  reply: Reply | undefined;
  change: Change;
  onClose: () => void;
  onRemove: (reply: Reply) => void;
}

const given = (bodies: Bodies): Bodies =>
  Object.fromEntries(LOCALES.map(id => [id, bodies[id]?.trim() ?? '']).filter(([, text]) => text !== '')) as Bodies;

function ReplyForm({ reply, change, onClose, onRemove }: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [name, setName] = useState(reply?.name ?? '');
  const [bodies, setBodies] = useState<Bodies>(reply?.bodies ?? {});
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const write = useWrite((_key, deed: CannedDeed) => change(deed));
  const errors = { ...fieldErrors(write.error), ...wrong };
  const told = ['name', ...LOCALES].some(field => errors[field]);
  const touch = () => {
    setWrong({});
    write.clear();
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    const texts = given(bodies);
    const found: Record<string, string> = {};
    if (name.trim() === '') found.name = t('field.required');
    if (Object.keys(texts).length === 0) found[locale()] = t('canned.one_needed');
    setWrong(found);
    if (Object.keys(found).length > 0) return focusFirstError(form.current);
    const fields = { name: name.trim(), bodies: texts };
    const done = await write.run(reply ? { do: 'edit', id: reply.id, ...fields } : { do: 'add', ...fields });
    if (done === undefined) return focusFirstError(form.current);
    if (done) toast(t('saved'));
    onClose();
  };
  return (
    <Dialog title={t(reply ? 'canned.edit' : 'canned.new')} look="wide" onClose={onClose}>
      <form ref={form} class="stack" noValidate onSubmit={submit}>
        <TextField
          label={t('canned.name')}
          value={name}
          maxLength={MAX_NAME}
          hint={t('canned.name_hint')}
          error={errors.name}
          onValue={value => {
            setName(value);
            touch();
          }}
        />
        {LOCALES.map(id => (
          <TextField
            key={id}
            label={t('canned.body_in', { language: t(`language.${id}`) })}
            rows={4}
            maxLength={MAX_BODY}
            value={bodies[id] ?? ''}
            error={errors[id]}
            onValue={value => {
              setBodies({ ...bodies, [id]: value });
              touch();
            }}
          />
        ))}
        <div class="hint xs muted">
          <p>{t('canned.placeholders')}</p>
          <ul class="placeholders">
            {PLACEHOLDERS.map(word => (
              <li key={word}>
                <code class="mono">{`{{${word}}}`}</code> {t(`canned.fills.${word}`)}
              </li>
            ))}
          </ul>
        </div>
        {write.error !== undefined && !told && <Failed error={write.error} />}
        <div class="actions">
          {reply && (
            <Button look="ghost danger start" onClick={() => onRemove(reply)}>
              {t('tree.remove')}
            </Button>
          )}
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button submit look="primary" busy={write.busy}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
