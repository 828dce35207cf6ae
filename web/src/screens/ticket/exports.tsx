/** What one can take along of a ticket's history: to read, to check, or with all that proves it. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { transcript } from '../../api/evidence.ts';
import { isNetworkError } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { type BundleWork, downloadAgain, makeBundle, useBundle } from '../../lib/bundles.ts';
import { saveFile } from '../../lib/download.ts';
import { problemText } from '../../lib/problems.ts';
import { Button } from '../../parts/basics.tsx';
import { Failed, toast, toastError } from '../../parts/feedback.tsx';
import { ticketName } from '../../state/session.ts';

const FILES = { html: 'text/html', json: 'application/json' } as const;

export function Exports({ number }: { number: number }) {
  return (
    <ul class="rows exports">
      <FileRow number={number} format="html" />
      <FileRow number={number} format="json" />
      <BundleRow number={number} />
    </ul>
  );
}

function Row({ what, children }: { what: 'html' | 'json' | 'zip'; children: ComponentChildren }) {
  return (
    <li>
      <p class="grow">
        <b>{t(`export.${what}`)}</b>
        <span class="muted sm">{t(`export.${what}_hint`)}</span>
      </p>
      {children}
    </li>
  );
}

function FileRow({ number, format }: { number: number; format: keyof typeof FILES }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const save = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const content = await transcript(number, format);
      saveFile(`${ticketName(number)}.${format}`, new Blob([content], { type: FILES[format] }));
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  return (
    <Row what={format}>
      <Button icon="download" busy={busy} label={t(`export.${format}_get`)} onClick={() => void save()}>
        {t('download')}
      </Button>
      {error !== undefined && <Failed error={error} />}
    </Row>
  );
}

async function make(number: number, watched: () => boolean): Promise<void> {
  const { state, error } = await makeBundle(number);
  // Whoever closed the dialog meanwhile is told all the same.
  if (watched()) return;
  if (state === 'ready') toast(t('bundle.done', { ticket: ticketName(number) }));
  else if (isNetworkError(error)) toastError(error);
  else toast(t('bundle.not_done', { ticket: ticketName(number) }), { bad: true });
}

function BundleRow({ number }: { number: number }) {
  const work = useBundle(number);
  const ready = work?.state === 'ready';
  const there = useRef(true);
  useEffect(
    () => () => {
      there.current = false;
    },
    [],
  );
  const again = () => void downloadAgain(number, work as BundleWork).catch(toastError);
  return (
    <Row what="zip">
      <Button
        icon="download"
        busy={work?.state === 'making'}
        label={t(ready ? 'bundle.again' : 'bundle.ask')}
        onClick={ready ? again : () => void make(number, () => there.current)}
      >
        {t(ready ? 'download' : work && work.state !== 'making' ? 'retry' : 'bundle.get')}
      </Button>
      <p class="sm bundle-say" role="status">
        {work && bundleWords(work)}
      </p>
    </Row>
  );
}

function bundleWords({ state, error }: BundleWork): string {
  if (state === 'making') return t('bundle.making');
  if (state === 'ready') return t('bundle.ready');
  if (state === 'late') return t('bundle.late');
  return error === undefined ? t('bundle.failed') : problemText(error);
}
