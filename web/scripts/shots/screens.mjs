// Every screen and what is opened on it: `path` as somebody, after `act` where something is done there first.
import { api, conflict, fillNew, importUsers, keepWaiting, sendAsGuest, signOutBehind, tickThree } from './acts.mjs';

/** Presses a button by the key of its text. */
const press =
  (key, params, more = {}) =>
  (page, say) =>
    page
      .getByRole('button', { name: say(key, params), exact: true, ...more })
      .filter({ visible: true })
      .first()
      .click();

const inOrder =
  (...acts) =>
  async (page, say) => {
    for (const act of acts) await act(page, say);
  };

const dialogOf = (name, item, then) => ({
  name: `ticket-${name}`,
  as: 'marta',
  path: '#/t/2841',
  settle: 900,
  act: async (page, say) => {
    await press('actions')(page, say);
    await page.getByRole('menuitem', { name: say(item), exact: true }).click();
    await page.getByRole('dialog').waitFor();
    await then?.(page, say);
  },
});

const GATE = [
  { name: 'sign-in', path: '#/in' },
  { name: 'sign-in-password', path: '#/in', act: press('sign_in.use_password') },
  { name: 'landing', path: '#/m/ana' },
  { name: 'expired', path: '#/t/2783?key=expired' },
  { name: 'guest', path: '#/guest', act: fillNew },
  { name: 'guest-sent', path: '#/guest', act: sendAsGuest },
  { name: 'guest-ticket', path: '#/t/2783?key=good', wait: '.rate' },
];

const LISTS = [
  { name: 'list', as: 'marta', path: '#/' },
  { name: 'list-filtered', as: 'marta', path: '#/?status=new&status=on_hold&sort=due_at' },
  { name: 'list-nothing', as: 'marta', path: '#/?q=zzzz' },
  { name: 'list-bulk', as: 'marta', path: '#/', act: tickThree },
  { name: 'list-help', as: 'marta', path: '#/', act: page => page.keyboard.press('?') },
  { name: 'list-overdue', as: 'marta', path: '#/?view=overdue' },
  { name: 'list-deleted', as: 'marta', path: '#/?view=deleted', before: page => api(page, 'DELETE', 'tickets/2695') },
  { name: 'sweep', as: 'marta', path: '#/', act: press('sweep.start'), settle: 4000 },
  {
    name: 'filter',
    as: 'marta',
    path: '#/',
    act: (page, say) =>
      page
        .getByRole('button', { name: new RegExp(say('ticket.assignee')) })
        .filter({ visible: true })
        .first()
        .click(),
  },
  { name: 'account', as: 'marta', path: '#/', act: press('account') },
  { name: 'customer-list', as: 'rafael', path: '#/' },
  { name: 'customer-account', as: 'rafael', path: '#/', act: press('account', {}, { exact: false }) },
];

const TICKETS = [
  { name: 'ticket', as: 'marta', path: '#/t/2841' },
  {
    name: 'ticket-as-sent',
    as: 'marta',
    path: '#/t/2841',
    act: async (page, say) => {
      await press('mail.as_sent')(page, say);
      await page.frameLocator('iframe').getByText('51-C').waitFor();
    },
  },
  {
    name: 'ticket-viewer',
    as: 'marta',
    path: '#/t/2841',
    act: async page => {
      await page.getByRole('button', { name: 'caja3-error-51C.png' }).click();
      await page.getByRole('dialog').getByRole('img').waitFor();
    },
  },
  {
    name: 'ticket-note',
    as: 'ana',
    path: '#/t/2841',
    act: (page, say) => page.getByRole('tab', { name: say('reply.tab.internal') }).click(),
  },
  { name: 'ticket-verify', as: 'marta', path: '#/t/2841', act: press('verify.valid') },
  { name: 'ticket-menu', as: 'marta', path: '#/t/2841', act: press('actions') },
  dialogOf('merge', 'action.merge', (page, say) => page.getByLabel(say('merge.into')).fill('CH-2835')),
  dialogOf('cc', 'action.cc'),
  dialogOf('keys', 'action.keys'),
  dialogOf('export', 'action.export'),
  dialogOf('delete', 'action.delete'),
  {
    name: 'ticket-deleted',
    as: 'marta',
    path: '#/t/2694',
    before: page => api(page, 'DELETE', 'tickets/2694'),
    act: press('action.erase'),
  },
  {
    name: 'ticket-related',
    as: 'marta',
    path: '#/t/2829',
    before: page => api(page, 'PUT', 'tickets/2829/links/2822'),
    act: press('reply.ways'),
  },
  { name: 'ticket-canned', as: 'ana', path: '#/t/2817', act: press('canned') },
  {
    name: 'ticket-merged',
    as: 'marta',
    path: '#/t/2690',
    before: page => api(page, 'POST', 'tickets/2690/merge', { into: 2689 }),
  },
  {
    name: 'customer-rated',
    as: 'helen',
    path: '#/t/2798',
    before: page => api(page, 'PUT', 'tickets/2798/rating', { stars: 4, comment: 'Quick and kind.' }),
  },
  { name: 'ticket-joao', as: 'joao', path: '#/t/2835' },
  { name: 'customer-ticket', as: 'rafael', path: '#/t/2783' },
  { name: 'gone', as: 'camila', path: '#/t/999999' },
  { name: 'new', as: 'camila', path: '#/new', act: fillNew },
  { name: 'new-staff', as: 'marta', path: '#/new' },
  { name: 'new-wrong', as: 'camila', path: '#/new', act: press('create.send') },
];

const WAITING = [
  { name: 'offline', as: 'joao', path: '#/t/2835', act: keepWaiting },
  { name: 'outbox', as: 'joao', path: '#/t/2835', act: inOrder(keepWaiting, press('outbox.show')) },
  { name: 'session-ended', as: 'marta', path: '#/', act: signOutBehind },
];

const ADMIN = [
  { name: 'users', path: '#/admin/users' },
  { name: 'user-edit', path: '#/admin/users', act: press('users.edit_one', { name: 'Ana Ribeiro' }) },
  { name: 'user-new', path: '#/admin/users', act: press('users.new') },
  {
    name: 'user-erase',
    path: '#/admin/users',
    act: inOrder(press('users.edit_one', { name: 'Camila Soto' }), press('users.erase.open')),
  },
  {
    name: 'mailboxes',
    path: '#/admin/mailboxes',
    act: (page, say) =>
      page
        .getByRole('button', { name: say('mailbox.test') })
        .last()
        .click(),
  },
  { name: 'mailbox', path: '#/admin/mailboxes/mbx_soporte' },
  { name: 'mailbox-new', path: '#/admin/mailboxes', act: press('mailbox.new') },
  { name: 'admin', path: '#/admin' },
  { name: 'org', path: '#/admin/org', act: page => page.getByRole('treeitem', { name: /Farmacias Luz/ }).click() },
  {
    name: 'org-move',
    path: '#/admin/org',
    act: inOrder(page => page.getByRole('treeitem', { name: /Maip/ }).click(), press('tree.move')),
  },
  {
    name: 'org-in-use',
    path: '#/admin/org',
    act: async (page, say) => {
      await press('tree.remove')(page, say);
      await page
        .getByRole('dialog')
        .getByRole('button', { name: say('tree.remove'), exact: true })
        .click();
    },
  },
  { name: 'org-conflict', path: '#/admin/org', act: conflict },
  { name: 'categories', path: '#/admin/categories' },
  {
    name: 'category-edit',
    path: '#/admin/categories',
    act: page =>
      page
        .getByRole('button', { name: /Impresora|Impressora|Printer/ })
        .filter({ hasText: /^Edit/ })
        .click(),
  },
  { name: 'canned', path: '#/admin/canned' },
  { name: 'canned-edit', path: '#/admin/canned', act: press('tree.edit_one', { name: 'Recibido' }) },
  { name: 'settings', path: '#/admin/settings' },
  { name: 'audit', path: '#/admin/audit' },
  { name: 'import', path: '#/admin/imports' },
  { name: 'import-bad', path: '#/admin/imports', act: (page, say) => importUsers(page, say, 'nadie') },
  { name: 'import-good', path: '#/admin/imports', act: (page, say) => importUsers(page, say, 'nueva@andino.example') },
].map(screen => ({ as: 'marta', ...screen }));

const ACCOUNT = [
  { name: 'my-account', as: 'ana', path: '#/account' },
  { name: 'my-account-customer', as: 'rafael', path: '#/account' },
  { name: 'token-new', as: 'ana', path: '#/account', act: press('tokens.new') },
  {
    name: 'token-made',
    as: 'ana',
    path: '#/account',
    act: async (page, say) => {
      await press('tokens.new')(page, say);
      await page.getByRole('dialog').getByLabel(say('tokens.name')).fill('Informe mensual');
      await press('tokens.make')(page, say);
      await page.getByText(say('tokens.made_lead')).waitFor();
    },
  },
];

export const SCREENS = [...GATE, ...LISTS, ...TICKETS, ...WAITING, ...ADMIN, ...ACCOUNT];

/** One of each kind: for a look between two changes. */
export const QUICK = new Set(
  'sign-in list list-bulk ticket ticket-note customer-ticket new offline outbox users org settings my-account'.split(
    ' ',
  ),
);
