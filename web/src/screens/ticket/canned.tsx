import { useState } from 'preact/hooks';
import { type CannedReply, tickets } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { useResource } from '../../lib/hooks.ts';
import { Empty, ErrorBox, Skeleton } from '../../parts/feedback.tsx';
import { TextField } from '../../parts/field.tsx';
import { Dialog } from '../../parts/overlay.tsx';

interface CannedProps {
  number: number;
  onChoose: (text: string) => void;
  onClose: () => void;
}

/** From this many on there is a field to look among them. */
const MANY = 6;

const matches = (reply: CannedReply, words: string): boolean =>
  `${reply.name} ${reply.body ?? ''}`.toLocaleLowerCase().includes(words.trim().toLocaleLowerCase());

/** The texts that are ready, filled by the server for this ticket, in the language of its requester. */
export default function CannedDialog({ number, onChoose, onClose }: CannedProps) {
  const [words, setWords] = useState('');
  const replies = useResource(() => tickets.cannedReplies(number), [number]);
  const all = replies.data?.replies.filter(reply => reply.body) ?? [];
  const shown = all.filter(reply => matches(reply, words));
  return (
    <Dialog title={t('canned')} look="wide" onClose={onClose}>
      {replies.error !== undefined && <ErrorBox error={replies.error} onRetry={replies.reload} />}
      {replies.loading && !replies.data && <Skeleton rows={3} />}
      {all.length >= MANY && <TextField label={t('canned.find')} value={words} onValue={setWords} autoComplete="off" />}
      {replies.data && shown.length === 0 && <Empty text={t(all.length === 0 ? 'canned.none' : 'canned.no_match')} />}
      <ul class="canned">
        {shown.map(reply => (
          <li key={reply.id}>
            <button type="button" class="btn" onClick={() => onChoose(reply.body ?? '')}>
              <b>{reply.name}</b>
              {reply.locale && <span class="muted xs">{t(`language.${reply.locale}`)}</span>}
              <span class="canned-body" lang={reply.locale ?? undefined} dir="auto">
                {reply.body}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
