export { ExpiredLink, MagicLink } from './landing.tsx';
export { SessionDialog } from './session-dialog.tsx';
export { LinkSent, SignIn } from './sign-in.tsx';
