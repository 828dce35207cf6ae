import { type IconName, pale, paths } from './icon-paths.ts';

export type { IconName };

/** A drawing beside words, never instead of them: hidden from screen readers. */
export function Icon({ name }: { name: IconName }) {
  const filled = /^[sp]-/.test(name);
  return (
    <svg class={filled ? `i i-${name}` : `i line i-${name}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} fill-rule="evenodd" />
      {pale[name] && <path d={pale[name]} opacity=".28" />}
    </svg>
  );
}

export function Brand({ href = '#/' }: { href?: string }) {
  return (
    <a class="brand" href={href}>
      <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <rect class="brand-back" width="24" height="24" rx="6.5" />
        <path class="brand-ring" d="M16.6 8.2a5.6 5.6 0 1 0 0 7.6" />
        <circle class="brand-dot" cx="12.6" cy="12" r="1.7" />
      </svg>
      <span translate={false}>Chamada</span>
    </a>
  );
}
