/** Whether keys of one letter do things (WCAG 2.1.4); kept on this device. Whatever listens for such keys asks here. */
const STORED = 'chamada.keys';

export const keysOn = (): boolean => localStorage.getItem(STORED) !== 'off';

export function setKeysOn(on: boolean): void {
  if (on) localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, 'off');
}
