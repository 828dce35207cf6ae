/** Told when what was away is there again: the network, the server, the session. What waits or failed then tries once more. */
const BACK = 'chamada-back';

export const tellBack = (): void => {
  dispatchEvent(new Event(BACK));
};

export function onBack(then: () => void): () => void {
  addEventListener(BACK, then);
  return () => removeEventListener(BACK, then);
}

// The browser knows of its own network alone; whether the server answers, the calls to it tell.
addEventListener('online', tellBack);
