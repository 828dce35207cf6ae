import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { type Categories, directory, KINDS, type NewTicket, type Organisation, tickets } from '../../api/index.ts';
import { size, timeOfDay } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { readDraft, writeDraft } from '../../lib/drafts.ts';
import { navigate } from '../../lib/hash-location.ts';
import { useResource, useWrite } from '../../lib/hooks.ts';
import { fieldErrors } from '../../lib/problems.ts';
import {
  type Place,
  type PlaceField,
  placeChoices,
  type Subject,
  type SubjectField,
  settlePlace,
  settleSubject,
  subjectChoices,
} from '../../lib/trees.ts';
import { Button } from '../../parts/basics.tsx';
import { announce, ErrorBox, Skeleton, toast } from '../../parts/feedback.tsx';
import { focusFirstError, Segmented, SelectField, TextField } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Heading, Shell } from '../../parts/shell.tsx';
import { FileInput, UploadList, usePageDrop, useUploads } from '../../parts/uploader.tsx';
import { isStaff, ticketName, useSession } from '../../state/session.ts';

interface Form {
  place: Place;
  subject: Subject;
  title: string;
  body: string;
}

const NOWHERE: Place = { corporation_id: '', company_id: '', site_id: '', cost_centre_id: '' };
const BLANK: Form = {
  place: NOWHERE,
  subject: { kind: 'incident', category_id: '', subcategory_id: '' },
  title: '',
  body: '',
};
const DRAFT_EVERY = 2_000;
const MAX_TITLE = 200;

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
          <TicketForm person={me.id} email={me.email} {...trees.data} onDraft={setSaved} />
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

/** What is missing, by field. Trees that are empty ask for nothing. */
function missing(form: Form, organisation: Organisation, categories: Categories): Record<string, string> {
  const wrong: Record<string, string> = {};
  const places = placeChoices(organisation, form.place);
  const subjects = subjectChoices(categories, form.subject);
  for (const [field, choices] of Object.entries({ ...places, ...subjects })) {
    const value = { ...form.place, ...form.subject }[field as PlaceField | SubjectField];
    if (choices.length > 0 && value === '') wrong[field] = t('field.choose');
  }
  if (form.title.trim() === '') wrong.title = t('field.required');
  if (form.body.trim() === '') wrong.body = t('field.required');
  return wrong;
}

const given = (fields: Record<string, string>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));

function TicketForm(props: FormProps) {
  const { person, email, organisation, categories, onDraft } = props;
  const [form, setForm] = useState<Form>(() => startForm(props));
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [pending, setPending] = useState(false);
  const element = useRef<HTMLFormElement>(null);
  const { queue, items } = useUploads();
  const over = usePageDrop(queue);
  const forget = useFormDraft(form, person, onDraft);
  const write = useWrite((key, ticket: NewTicket) => tickets.create(ticket, key));
  const errors = { ...fieldErrors(write.error), ...wrong };

  const update = (change: Partial<Form>) => {
    setForm(before => ({ ...before, ...change }));
    setWrong({});
    write.clear();
  };
  const setPlace = (field: PlaceField, value: string) =>
    update({ place: cleared(form.place, settlePlace(organisation, { ...form.place, [field]: value }), field) });
  const setSubject = (change: Partial<Subject>) =>
    update({ subject: settleSubject(categories, { ...form.subject, ...change }) });

  const send = async () => {
    const found = missing(form, organisation, categories);
    setWrong(found);
    if (Object.keys(found).length > 0) return focusFirstError(element.current);
    if (items.some(item => item.state === 'failed')) return setWrong({ files: t('reply.failed_files') });
    if (queue.busy) return setPending(true);
    setPending(false);
    const ticket = await write.run({
      title: form.title.trim(),
      body: form.body.trim(),
      ...form.subject,
      ...given(form.place as unknown as Record<string, string>),
      category_id: form.subject.category_id || undefined,
      subcategory_id: form.subject.subcategory_id || undefined,
      ...(queue.storedIds.length > 0 ? { attachment_ids: queue.storedIds } : {}),
    } as NewTicket);
    if (!ticket) return focusFirstError(element.current);
    forget();
    writeDraft(person, 'place', form.place);
    queue.clear();
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
      <PlaceFields organisation={organisation} place={form.place} errors={errors} onPlace={setPlace} />
      <fieldset>
        <legend>{t('create.what')}</legend>
        <Segmented
          label={t('ticket.kind')}
          value={form.subject.kind}
          choices={KINDS.map(id => ({ id, name: t(`create.kind.${id}`) }))}
          onValue={kind => setSubject({ kind })}
        />
        <SubjectFields categories={categories} subject={form.subject} errors={errors} onSubject={setSubject} />
        <TextField
          label={t('ticket.title')}
          name="title"
          maxLength={MAX_TITLE}
          value={form.title}
          error={errors.title}
          onValue={title => update({ title })}
        />
        <TextField
          label={t('create.message')}
          name="body"
          rows={5}
          maxLength={65_536}
          value={form.body}
          error={errors.body}
          onValue={body => update({ body })}
        />
      </fieldset>
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
          {pending ? t('send.after_uploads') : write.waiting ? t('send.waiting') : t('create.copy', { email })}
        </span>
      </div>
    </form>
  );
}

/** Says so when a change above took away a choice below. */
function cleared(before: Place, after: Place, changed: PlaceField): Place {
  const lost = (Object.keys(before) as PlaceField[]).filter(
    field => field !== changed && before[field] !== '' && after[field] === '',
  );
  if (lost.length > 0) announce(t('create.cleared', { fields: lost.map(field => t(`place.${field}`)).join(', ') }));
  return after;
}

interface PlaceProps {
  organisation: Organisation;
  place: Place;
  errors: Record<string, string>;
  onPlace: (field: PlaceField, value: string) => void;
}

const PARENT: Partial<Record<PlaceField, PlaceField>> = {
  company_id: 'corporation_id',
  site_id: 'company_id',
  cost_centre_id: 'company_id',
};

/** Hidden altogether while nobody has entered an organisation. */
function PlaceFields({ organisation, place, errors, onPlace }: PlaceProps) {
  const choices = placeChoices(organisation, place);
  if (choices.corporation_id.length === 0) return null;
  const select = (field: PlaceField) => {
    const parent = PARENT[field];
    const blocked = parent !== undefined && place[parent] === '';
    const none = !blocked && choices[field].length === 0;
    return (
      <SelectField
        key={field}
        label={t(`place.${field}`)}
        name={field}
        value={place[field]}
        choices={choices[field]}
        disabled={blocked || none}
        empty={
          blocked
            ? t(`place.first.${parent === 'company_id' ? 'company_id' : 'corporation_id'}`)
            : none
              ? t('none')
              : t('choose')
        }
        error={errors[field]}
        onValue={value => onPlace(field, value)}
      />
    );
  };
  return (
    <fieldset>
      <legend>{t('create.where')}</legend>
      <div class="two keep">
        {select('corporation_id')}
        {select('company_id')}
      </div>
      <div class="two">
        {select('site_id')}
        {select('cost_centre_id')}
      </div>
    </fieldset>
  );
}

interface SubjectProps {
  categories: Categories;
  subject: Subject;
  errors: Record<string, string>;
  onSubject: (change: Partial<Subject>) => void;
}

function SubjectFields({ categories, subject, errors, onSubject }: SubjectProps) {
  const choices = subjectChoices(categories, subject);
  if (choices.category_id.length === 0) return null;
  const blocked = subject.category_id === '';
  const none = !blocked && choices.subcategory_id.length === 0;
  return (
    <div class="two">
      <SelectField
        label={t('ticket.category')}
        name="category_id"
        value={subject.category_id}
        choices={choices.category_id}
        empty={t('choose')}
        error={errors.category_id}
        onValue={category_id => onSubject({ category_id })}
      />
      <SelectField
        label={t('ticket.subcategory')}
        name="subcategory_id"
        value={subject.subcategory_id}
        choices={choices.subcategory_id}
        disabled={blocked || none}
        empty={blocked ? t('create.category_first') : none ? t('none') : t('choose')}
        error={errors.subcategory_id}
        onValue={subcategory_id => onSubject({ subcategory_id })}
      />
    </div>
  );
}

function Files({ queue, items }: ReturnType<typeof useUploads>) {
  const { site } = useSession();
  const id = useId();
  return (
    <fieldset>
      <legend>
        {t('attachments')} <span class="optional">{t('optional')}</span>
      </legend>
      <div class="shots phone">
        <label class="btn file-btn" for={`${id}-camera`}>
          <Icon name="camera" />
          {t('create.camera')}
          <FileInput id={`${id}-camera`} queue={queue} camera />
        </label>
        <label class="btn file-btn" for={`${id}-phone`}>
          <Icon name="clip" />
          {t('create.file')}
          <FileInput id={`${id}-phone`} queue={queue} />
        </label>
      </div>
      <label class="drop desk" for={`${id}-desk`}>
        <Icon name="upload" />
        <span>{t('create.drop')}</span>
        <FileInput id={`${id}-desk`} queue={queue} />
      </label>
      <p class="xs muted">{t('create.types', { size: size(site.max_attachment_mb * 2 ** 20) })}</p>
      <UploadList queue={queue} items={items} />
    </fieldset>
  );
}
