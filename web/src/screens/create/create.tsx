import { useEffect, useRef, useState } from 'preact/hooks';
import {
  type Categories,
  directory,
  type NewTicket,
  type Organisation,
  type Ticket,
  tickets,
} from '../../api/index.ts';
import { timeOfDay } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { readDraft, writeDraft } from '../../lib/drafts.ts';
import { navigate } from '../../lib/hash-location.ts';
import { useResource, useWrite } from '../../lib/hooks.ts';
import { keepForLater, type WaitingTicket } from '../../lib/outbox.ts';
import { fieldErrors } from '../../lib/problems.ts';
import { type Place, settlePlace, settleSubject } from '../../lib/trees.ts';
import { Button } from '../../parts/basics.tsx';
import { ErrorBox, Skeleton, toast } from '../../parts/feedback.tsx';
import { focusFirstError } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { occupied, reason, useGivenBack } from '../../parts/outbox.tsx';
import { Heading, Shell } from '../../parts/shell.tsx';
import { failedFiles, usePageDrop, useUploads } from '../../parts/uploader.tsx';
import { isStaff, ticketName, useSession } from '../../state/session.ts';
import { Behalf } from './behalf.tsx';
import { BLANK, Files, type Form, missing, NOWHERE, TicketFields, ticketOf } from './fields.tsx';

const DRAFT_EVERY = 2_000;

export default function CreateScreen() {
  const { me } = useSession();
  const trees = useResource(async () => {
    const [organisation, categories] = await Promise.all([directory.organisation(), directory.categories()]);
    return { organisation, categories };
  }, []);
  const [saved, setSaved] = useState<Date>();
  const title = t('ticket.new');
  const note = saved && <span class="muted xs">{t('draft.saved', { time: timeOfDay(saved) })}</span>;
  const staff = isStaff(me);
  const top = staff && (
    <>
      <Heading title={title}>{title}</Heading>
      <span class="grow" />
      {note}
    </>
  );
  return (
    <Shell top={top} back="#/">
      <main id="main" tabIndex={-1}>
        {!staff && (
          <header class="form-head">
            <Heading title={title}>{title}</Heading>
            {note}
          </header>
        )}
        {trees.data && me ? (
          <TicketForm person={me.id} email={me.email} staff={staff} {...trees.data} onDraft={setSaved} />
        ) : trees.error !== undefined ? (
          <ErrorBox error={trees.error} onRetry={trees.reload} />
        ) : (
          <Skeleton rows={6} look="fields" />
        )}
      </main>
    </Shell>
  );
}

interface FormProps {
  person: string;
  email: string;
  staff: boolean;
  organisation: Organisation;
  categories: Categories;
  onDraft: (at: Date | undefined) => void;
}

function startForm({ person, organisation, categories }: FormProps): Form {
  const draft = readDraft<Form>(person, 'new');
  const place = draft?.place ?? readDraft<Place>(person, 'place') ?? NOWHERE;
  const form = { ...BLANK, ...draft };
  return {
    ...form,
    place: settlePlace(organisation, { ...NOWHERE, ...place }),
    subject: settleSubject(categories, { ...BLANK.subject, ...form.subject }),
  };
}

const written = (form: Form) => form.title.trim() !== '' || form.body.trim() !== '';

/** Saves what is typed every two seconds, and when the page goes. */
function useFormDraft(form: Form, person: string, onDraft: FormProps['onDraft']) {
  const latest = useRef(form);
  const last = useRef(form);
  latest.current = form;
  useEffect(() => {
    const keep = () => {
      if (latest.current === last.current || !written(latest.current)) return;
      last.current = latest.current;
      if (writeDraft(person, 'new', latest.current)) onDraft(new Date());
    };
    const timer = setInterval(keep, DRAFT_EVERY);
    addEventListener('pagehide', keep);
    return () => {
      clearInterval(timer);
      removeEventListener('pagehide', keep);
      keep();
    };
  }, []);
  return () => {
    last.current = latest.current;
    writeDraft(person, 'new', undefined);
  };
}

function TicketForm(props: FormProps) {
  const { person, email, staff, organisation, categories, onDraft } = props;
  const [form, setForm] = useState<Form>(() => startForm(props));
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [pending, setPending] = useState(false);
  const element = useRef<HTMLFormElement>(null);
  const { queue, items } = useUploads();
  const over = usePageDrop(queue);
  const forget = useFormDraft(form, person, onDraft);
  const write = useWrite<[NewTicket], Ticket | 'kept'>(
    (key, ticket) => tickets.create(ticket, key),
    (key, body) => {
      const files = items.filter(item => item.state === 'stored').map(item => item.name);
      return keepForLater({ kind: 'ticket', key, at: Date.now(), files, body, form }) ? 'kept' : undefined;
    },
  );
  const errors = { ...fieldErrors(write.error), ...wrong };

  const update = (change: Partial<Form>) => {
    setForm(before => ({ ...before, ...change }));
    setWrong({});
    write.clear();
  };
  /** It is sent by itself later, and shown over the page until then: here one may write the next. */
  const startAnew = () => {
    setForm({ ...BLANK, place: form.place });
    toast(t('outbox.kept'));
    document.querySelector('h1')?.focus();
  };
  const takeBack = (item: WaitingTicket): boolean => {
    if (written(form)) return occupied(item);
    setForm(item.form as Form);
    const why = reason(item);
    setWrong(why ? { sent: why } : {});
    write.recall(item.key, item.body);
    return true;
  };
  useGivenBack('ticket', [written(form)], takeBack);
  const send = async () => {
    const found = missing(form, organisation, categories);
    setWrong(found);
    if (Object.keys(found).length > 0) return focusFirstError(element.current);
    if (queue.busy) return setPending(true);
    setPending(false);
    const failed = failedFiles(items);
    if (failed) return setWrong({ files: failed });
    const ticket = await write.run(ticketOf(form, queue.storedIds));
    if (!ticket) return focusFirstError(element.current);
    forget();
    writeDraft(person, 'place', form.place);
    queue.clear();
    if (ticket === 'kept') return startAnew();
    toast(t('create.done', { ticket: ticketName(ticket.number) }));
    navigate(`/t/${ticket.number}`, { replace: true });
  };
  useEffect(() => {
    if (pending && !queue.busy) void send();
  }, [items, pending]);

  return (
    <form
      ref={element}
      class={over ? 'form over' : 'form'}
      noValidate
      onSubmit={event => {
        event.preventDefault();
        void send();
      }}
    >
      {staff && <Behalf form={form} errors={errors} onForm={update} />}
      <TicketFields form={form} organisation={organisation} categories={categories} errors={errors} onForm={update} />
      <Files queue={queue} items={items} />
      {[errors.files, errors.sent].map(
        error =>
          error && (
            <p key={error} class="error" role="alert">
              <Icon name="alert" />
              {error}
            </p>
          ),
      )}
      {write.error !== undefined && <ErrorBox error={write.error} />}
      <div class="submit">
        <Button submit look="primary lg" busy={write.busy || pending}>
          {t('create.send')}
        </Button>
        <span class="muted sm desk" role="status">
          {pending
            ? t('send.after_uploads')
            : write.waiting
              ? t('send.waiting')
              : form.behalf.email === '' && t('create.copy', { email })}
        </span>
      </div>
    </form>
  );
}
