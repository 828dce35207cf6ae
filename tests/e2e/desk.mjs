// What a browser cannot do itself: deliver mails and read the ones that were sent. The test that started this program does it, asked by
// one line of JSON on standard output each, and answers by one line on standard input.
import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function ask(request) {
  process.stdout.write(`${JSON.stringify(request)}\n`);
  const { value, done } = await lines.next();
  if (done) throw new Error('the desk has gone');
  const answer = JSON.parse(value);
  if (answer.error) throw new Error(answer.error);
  return answer;
}

/** What the desk is like: `site`, `signIn` (the printed link), `pop3` ({host, port, user, password}), `output` (folder). */
export const desk = JSON.parse(process.env.DESK ?? 'null');

/** Puts a mail into the mailbox: `{from, subject, id, body}`. */
export const deliver = mail => ask({ deliver: mail });

/** The same, of a whole mail as its program wrote it: headers, an empty line, the body. */
export const deliverFile = mail => ask({ deliverFile: mail });

/** Waits for a mail that was sent to an address and says these words: `{subject, text, html, signInLink, ticketLink}`. */
export const sent = (to, words) => ask({ sent: { to, words } });

/** Waits for the next sign-in link mailed to an address; one call for each. */
export const signInLink = to => ask({ signInLink: to });

/** Says how it went, for the test's log. */
export const say = text => process.stderr.write(`${text}\n`);
