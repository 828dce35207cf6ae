import { useEffect, useRef, useState } from 'preact/hooks';
import { type Categories, type NewTicket, type Organisation, tickets } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { navigate } from '../../lib/hash-location.ts';
import { useWrite } from '../../lib/hooks.ts';
import { fieldErrors } from '../../lib/problems.ts';
import { settlePlace, settleSubject } from '../../lib/trees.ts';
import { Button, Rich } from '../../parts/basics.tsx';
import { ErrorBox } from '../../parts/feedback.tsx';
import { focusFirstError, TextField } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Heading } from '../../parts/shell.tsx';
import { usePageDrop, useUploads } from '../../parts/uploader.tsx';
import { ticketName, useSession } from '../../state/session.ts';
import { BLANK, Files, type Form, missing, NOWHERE, TicketFields, ticketOf } from '../create/fields.tsx';
import { Gate } from '../gate/gate.tsx';

interface Sent {
  number: number;
  email: string;
}

/** What was sent; in memory alone. */
let lastSent: Sent | undefined;

const NO_TREES = { organisation: { corporations: [] }, categories: { incident: [], requirement: [] } };

/** A ticket by somebody without an account, where the site allows it; whoever has one goes to their own form. */
export default function GuestScreen({ sent }: { sent: boolean }) {
  const { site, me } = useSession();
  useEffect(() => {
    if (me) navigate('/new', { replace: true });
    else if (sent && !lastSent) navigate('/guest', { replace: true });
  }, [me, sent]);
  if (me || (sent && !lastSent)) return null;
  if (sent && lastSent) return <GuestSent sent={lastSent} />;
  return (
    <Gate>
      {site.guest_tickets ? (
        <div class="guest">
          <div class="form-head">
            <div>
              <Heading title={t('guest.title')}>{t('guest.title')}</Heading>
              <p class="lead">{t('guest.lead')}</p>
            </div>
          </div>
          <GuestForm
            organisation={site.organisation ?? NO_TREES.organisation}
            categories={site.categories ?? NO_TREES.categories}
          />
        </div>
      ) : (
        <div class="card box">
          <div>
            <Heading title={t('guest.title')}>{t('guest.closed')}</Heading>
            <p class="lead">{t('guest.closed_lead')}</p>
          </div>
          <a class="btn primary lg" href="#/in">
            {t('sign_in')}
          </a>
        </div>
      )}
    </Gate>
  );
}

interface FormProps {
  organisation: Organisation;
  categories: Categories;
}

interface Person {
  name: string;
  email: string;
}

function personFaults({ name, email }: Person): Record<string, string> {
  const wrong: Record<string, string> = {};
  if (name.trim() === '') wrong.name = t('field.required');
  if (!/^[^\s@]+@[^\s@]+$/.test(email.trim())) wrong.email = t('field.email');
  return wrong;
}

function GuestForm({ organisation, categories }: FormProps) {
  const [person, setPerson] = useState<Person>({ name: '', email: '' });
  const [form, setForm] = useState<Form>(() => ({
    ...BLANK,
    place: settlePlace(organisation, NOWHERE),
    subject: settleSubject(categories, BLANK.subject),
  }));
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [pending, setPending] = useState(false);
  const element = useRef<HTMLFormElement>(null);
  const { queue, items } = useUploads(true);
  const over = usePageDrop(queue);
  const write = useWrite((key, ticket: NewTicket) => tickets.createAsGuest(ticket, key));
  const errors = { ...fieldErrors(write.error), ...wrong };
  const touch = () => {
    setWrong({});
    write.clear();
  };
  const send = async () => {
    const found = { ...personFaults(person), ...missing(form, organisation, categories) };
    setWrong(found);
    if (Object.keys(found).length > 0) return focusFirstError(element.current);
    if (items.some(item => item.state === 'failed')) return setWrong({ files: t('reply.failed_files') });
    if (queue.busy) return setPending(true);
    setPending(false);
    const guest = { name: person.name.trim(), email: person.email.trim() };
    const ticket = await write.run({ ...ticketOf(form, queue.storedIds), guest });
    if (!ticket) return focusFirstError(element.current);
    queue.clear();
    lastSent = { number: ticket.number, email: guest.email };
    navigate('/guest/sent', { replace: true });
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
      <fieldset>
        <legend>{t('guest.who')}</legend>
        <div class="two">
          <TextField
            label={t('guest.name')}
            name="name"
            autoComplete="name"
            maxLength={100}
            value={person.name}
            error={errors.name}
            onValue={name => {
              setPerson({ ...person, name });
              touch();
            }}
          />
          <TextField
            label={t('sign_in.email')}
            name="email"
            type="email"
            inputMode="email"
            autoComplete="email"
            hint={t('guest.email_hint')}
            value={person.email}
            error={errors.email}
            onValue={email => {
              setPerson({ ...person, email });
              touch();
            }}
          />
        </div>
      </fieldset>
      <TicketFields
        form={form}
        organisation={organisation}
        categories={categories}
        errors={errors}
        onForm={change => {
          setForm(before => ({ ...before, ...change }));
          touch();
        }}
      />
      <Files queue={queue} items={items} />
      {errors.files && (
        <p class="error" role="alert">
          <Icon name="alert" />
          {errors.files}
        </p>
      )}
      {write.error !== undefined && <ErrorBox error={write.error} />}
      <div class="submit">
        <Button submit look="primary lg" busy={write.busy || pending}>
          {t('create.send')}
        </Button>
        <span class="muted sm desk" role="status">
          {pending ? t('send.after_uploads') : write.waiting ? t('send.waiting') : t('guest.then')}
        </span>
      </div>
    </form>
  );
}

function GuestSent({ sent }: { sent: Sent }) {
  return (
    <Gate>
      <div class="card box">
        <span class="mailart">
          <Icon name="mail" />
        </span>
        <div>
          <Heading title={t('guest.sent_title')}>{t('guest.sent_title')}</Heading>
          <p class="lead">
            <Rich
              text="guest.sent_lead"
              ticket={<b class="strong num">{ticketName(sent.number)}</b>}
              email={<b class="strong">{sent.email}</b>}
            />
          </p>
        </div>
        <p class="sm muted">{t('sent.missing')}</p>
        <div class="split sm">
          <a href="#/guest">{t('guest.another')}</a>
          <a href="#/in">{t('sign_in')}</a>
        </div>
      </div>
    </Gate>
  );
}
