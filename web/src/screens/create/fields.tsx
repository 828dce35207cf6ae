/** The parts of a ticket's form that people with and without an account fill in. */
import { useId } from 'preact/hooks';
import { type Categories, KINDS, type NewTicket, type Organisation, type Priority } from '../../api/index.ts';
import { size } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
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
import { announce } from '../../parts/feedback.tsx';
import { Segmented, SelectField, TextField } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { FileInput, UploadList, type useUploads } from '../../parts/uploader.tsx';
import { useSession } from '../../state/session.ts';

export interface Form {
  place: Place;
  subject: Subject;
  title: string;
  body: string;
  /** Whose ticket it is, where staff open it for somebody; nobody's address for their own. */
  behalf: { email: string; name: string };
  priority: Priority;
}

export const NOWHERE: Place = { corporation_id: '', company_id: '', site_id: '', cost_centre_id: '' };
export const BLANK: Form = {
  place: NOWHERE,
  subject: { kind: 'incident', category_id: '', subcategory_id: '' },
  title: '',
  body: '',
  behalf: { email: '', name: '' },
  priority: 'normal',
};
/** What is missing, by field. Trees that are empty ask for nothing. */
export function missing(form: Form, organisation: Organisation, categories: Categories): Record<string, string> {
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

const requesterOf = ({ behalf }: Form) => given({ email: behalf.email.trim(), name: behalf.name.trim() });

/** What a form sends. */
export const ticketOf = (form: Form, attachmentIds: string[]): NewTicket =>
  ({
    title: form.title.trim(),
    body: form.body.trim(),
    ...form.subject,
    ...given(form.place as unknown as Record<string, string>),
    category_id: form.subject.category_id || undefined,
    subcategory_id: form.subject.subcategory_id || undefined,
    ...(form.behalf.email.trim() !== '' ? { requester: requesterOf(form) } : {}),
    ...(form.priority !== 'normal' ? { priority: form.priority } : {}),
    ...(attachmentIds.length > 0 ? { attachment_ids: attachmentIds } : {}),
  }) as NewTicket;

interface FieldsProps {
  form: Form;
  organisation: Organisation;
  categories: Categories;
  errors: Record<string, string>;
  onForm: (change: Partial<Form>) => void;
}

const MAX_TITLE = 200;

/** Where it happens and what it is about. */
export function TicketFields({ form, organisation, categories, errors, onForm }: FieldsProps) {
  const setPlace = (field: PlaceField, value: string) =>
    onForm({ place: cleared(form.place, settlePlace(organisation, { ...form.place, [field]: value }), field) });
  const setSubject = (change: Partial<Subject>) =>
    onForm({ subject: settleSubject(categories, { ...form.subject, ...change }) });
  return (
    <>
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
          onValue={title => onForm({ title })}
        />
        <TextField
          label={t('create.message')}
          name="body"
          rows={5}
          maxLength={65_536}
          value={form.body}
          error={errors.body}
          onValue={body => onForm({ body })}
        />
      </fieldset>
    </>
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

export function Files({ queue, items }: ReturnType<typeof useUploads>) {
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
