import { useId, useRef, useState } from 'preact/hooks';
import { importFile } from '../../api/admin.ts';
import { IMPORTS, type Import, type ImportCounts, isApiError } from '../../api/index.ts';
import { number, size } from '../../i18n/format.ts';
import { t, tn } from '../../i18n/index.ts';
import { useWrite } from '../../lib/hooks.ts';
import { COLUMNS, type ImportFault, importFaults, readCsv } from '../../lib/imports.ts';
import { Button } from '../../parts/basics.tsx';
import { announce, ErrorBox } from '../../parts/feedback.tsx';
import { Segmented } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Heading, Shell } from '../../parts/shell.tsx';

interface Chosen {
  name: string;
  size: number;
  text: string;
}

export default function ImportsScreen() {
  const title = t('nav.imports');
  const [what, setWhat] = useState<Import>('users');
  return (
    <Shell top={<Heading title={title}>{title}</Heading>}>
      <main id="main" class="admin" tabIndex={-1}>
        <div class="form">
          <div class="field">
            <span class="label">{t('import.what')}</span>
            <Segmented
              label={t('import.what')}
              value={what}
              choices={IMPORTS.map(id => ({ id, name: t(`import.${id}`) }))}
              onValue={setWhat}
            />
          </div>
          <ImportForm key={what} what={what} />
        </div>
      </main>
    </Shell>
  );
}

/** A file is looked at first; only what has no fault can be written, and that very text. */
function ImportForm({ what }: { what: Import }) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<Chosen>();
  const [unread, setUnread] = useState(false);
  const [tried, setTried] = useState<ImportCounts>();
  const [done, setDone] = useState<ImportCounts>();
  const check = useWrite((key, text: string) => importFile(what, text, true, key));
  const write = useWrite((key, text: string) => importFile(what, text, false, key));
  const error = write.error ?? check.error;
  const faults = importFaults(error);

  const choose = async (list: FileList | null) => {
    const first = list?.[0];
    if (!first) return;
    setTried(undefined);
    setDone(undefined);
    check.clear();
    write.clear();
    const text = await readCsv(first);
    setUnread(text === undefined);
    setFile(text === undefined ? undefined : { name: first.name, size: first.size, text });
    // So that the same file, mended, can be chosen again.
    if (input.current) input.current.value = '';
    if (text === undefined) return;
    const counts = await check.run(text);
    setTried(counts);
    if (counts) announce(t('import.ready'));
  };
  const go = async () => {
    if (!file) return;
    const counts = await write.run(file.text);
    if (!counts) return setTried(undefined);
    setTried(undefined);
    setDone(counts);
    announce(t('import.done'));
  };
  return (
    <>
      <section class="stack" aria-label={t(`import.${what}`)}>
        <p class="sm">{t(`import.about.${what}`)}</p>
        <p class="sm">{t('import.columns')}</p>
        <p class="mono sm columns">{COLUMNS[what].join(',')}</p>
        <label class="drop" for={id}>
          <Icon name="upload" />
          <span>{t(file ? 'import.another' : 'import.choose')}</span>
          <input
            ref={input}
            id={id}
            class="vh"
            type="file"
            accept=".csv,text/csv"
            onChange={event => void choose(event.currentTarget.files)}
          />
        </label>
        <p class="xs muted">{t('import.rules')}</p>
      </section>
      <div class="stack" role="status">
        {file && (
          <p class="sm">
            <b dir="auto">{file.name}</b> <span class="muted num">{size(file.size)}</span>
            {check.busy && <span class="muted"> · {t('import.checking')}</span>}
          </p>
        )}
        {unread && <BadFile />}
        {tried && <Outcome counts={tried} dry />}
        {done && <Outcome counts={done} />}
      </div>
      {faults.length > 0 && <FaultTable faults={faults} />}
      {error !== undefined &&
        faults.length === 0 &&
        (isApiError(error) && error.code === 'bad_csv' ? <BadFile /> : <ErrorBox error={error} />)}
      {tried && tried.created + tried.changed > 0 && (
        <div class="actions start">
          <Button look="primary lg" icon="upload" busy={write.busy} onClick={go}>
            {tn('import.go', tried.created + tried.changed)}
          </Button>
        </div>
      )}
    </>
  );
}

const BadFile = () => (
  <div class="notice bad" role="alert">
    <Icon name="alert" />
    <p>{t('import.bad_csv')}</p>
  </div>
);

function Outcome({ counts, dry = false }: { counts: ImportCounts; dry?: boolean }) {
  const nothing = counts.created + counts.changed === 0;
  return (
    <div class="notice good">
      <Icon name={dry ? 'check' : 's-resolved'} />
      <div>
        <p>{t(nothing ? 'import.nothing' : dry ? 'import.would' : 'import.did')}</p>
        <dl class="counts">
          {(['rows', 'created', 'changed', 'unchanged'] as const).map(name => (
            <div key={name}>
              <dt>{t(`import.count.${name}`)}</dt>
              <dd class="num">{number(counts[name])}</dd>
            </div>
          ))}
        </dl>
      </div>
    </div>
  );
}

function FaultTable({ faults }: { faults: readonly ImportFault[] }) {
  return (
    <section class="stack" role="alert">
      <div class="notice bad">
        <Icon name="alert" />
        <p>{tn('import.faults', faults.length)}</p>
      </div>
      <table class="plain-table faults">
        <caption class="vh">{t('import.fault_caption')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('import.line')}</th>
            <th scope="col">{t('import.column')}</th>
            <th scope="col">{t('import.fault')}</th>
          </tr>
        </thead>
        <tbody>
          {faults.map((fault, index) => (
            <tr key={index}>
              <td class="num">{fault.line === undefined ? '–' : number(fault.line)}</td>
              <td class="mono" dir="auto">
                {fault.column || '–'}
              </td>
              <td>{fault.words}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
