/** Calls about what proves a history: mails as they came, transcripts, bundles. */
import { ago } from './data.ts';
import { type Call, type Desk, json, type Route, refuse } from './desk.ts';
import { heldOf, shown } from './ticket-calls.ts';
import { transcribed } from './tickets.ts';

const MAIL = (images: boolean) => `<!doctype html><meta charset="utf-8">
<table border="1"><tr><th>Caja</th><th>Error</th></tr><tr><td>3</td><td>51-C</td></tr></table>
<p>Más en <a href="https://intranet.example/" target="_blank">la intranet</a>.</p>
${images ? '<img alt="Logo" src="https://images.example/logo.png">' : ''}`;

const policy = (images: boolean) =>
  `sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:${images ? ' https:' : ''}; ` +
  "frame-ancestors 'self'; base-uri 'none'; form-action 'none'";

/** The entry, where a mail made it and its words are still there. */
function mailOf(desk: Desk, call: Call, n: string | undefined, seq: string | undefined) {
  const entry = heldOf(desk, call, n).entries[Number(seq) - 1];
  if (!entry?.mail || entry.body === undefined) return refuse(404, 'not_found');
  return entry.mail;
}

function html(desk: Desk, call: Call, n?: string, seq?: string): Response {
  if (!mailOf(desk, call, n, seq).has_html) return refuse(404, 'not_found');
  const images = call.url.searchParams.get('images') === 'true';
  return new Response(MAIL(images), {
    headers: { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': policy(images) },
  });
}

function raw(desk: Desk, call: Call, n?: string, seq?: string): Response {
  const { from, subject } = mailOf(desk, call, n, seq);
  if (call.me?.role === 'user') return refuse(403, 'forbidden');
  return new Response(`From: ${from}\r\nSubject: ${subject}\r\n\r\n`, {
    headers: { 'Content-Type': 'message/rfc822', 'Content-Disposition': 'attachment; filename="mail.eml"' },
  });
}

function transcript(desk: Desk, call: Call, n?: string): Response {
  const { ticket, entries } = heldOf(desk, call, n);
  if (desk.tooLong.has(ticket.number)) return refuse(409, 'transcript_too_large');
  if (call.url.searchParams.get('format') === 'html')
    return new Response(`<!doctype html><title>${ticket.number}</title>`, { headers: { 'Content-Type': 'text/html' } });
  const seen = shown(call.me, entries);
  return json({
    format: 'chamada-transcript-1',
    site: call.url.origin,
    ticket: ticket.number,
    exported_at: ago(0),
    head_hash: ticket.head_hash,
    entries: entries.map((entry, at) =>
      seen[at]?.hidden ? seen[at] : transcribed(entry, desk.forged.get(ticket.number) === entry.seq),
    ),
  });
}

function ask(desk: Desk, call: Call, n?: string): Response {
  heldOf(desk, call, n);
  return json({ bundle_id: `bun_${n}` }, 202);
}

function look(desk: Desk, call: Call, n?: string): Response {
  heldOf(desk, call, n);
  desk.bundles.looks -= 1;
  if (desk.bundles.looks >= 0) return json({ state: 'making' });
  const { state } = desk.bundles;
  return json({ state, ...(state === 'ready' ? { url: `${call.url.origin}/files/bundle-${n}` } : {}) });
}

export const evidenceCalls: Route[] = [
  ['GET', /^\/api\/tickets\/(\d+)\/entries\/(\d+)\/html$/, (desk, call, n, seq) => html(desk, call, n, seq)],
  ['GET', /^\/api\/tickets\/(\d+)\/entries\/(\d+)\/raw$/, (desk, call, n, seq) => raw(desk, call, n, seq)],
  ['GET', /^\/api\/tickets\/(\d+)\/transcript$/, (desk, call, n) => transcript(desk, call, n)],
  ['POST', /^\/api\/tickets\/(\d+)\/bundle$/, (desk, call, n) => ask(desk, call, n)],
  ['GET', /^\/api\/tickets\/(\d+)\/bundles\/[^/]+$/, (desk, call, n) => look(desk, call, n)],
];
