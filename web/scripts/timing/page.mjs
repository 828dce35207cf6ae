// What runs inside the measured page. Each function is sent there as it stands: nothing outside of it is known to it.

/** Before anything loads: notes when so many rows were painted, and every layout shift that no input caused. */
export function watchRows(rows) {
  globalThis.shifted = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shifted += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
  const observer = new MutationObserver(() => {
    const found = document.querySelectorAll('[data-row]').length;
    if (found < rows) return;
    observer.disconnect();
    // The frame after the next one begins when this one was painted.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        globalThis.rowsPainted(JSON.stringify({ at: performance.now(), rows: found }));
      }),
    );
  });
  observer.observe(document, { childList: true, subtree: true });
}

export const shifts = () => globalThis.shifted;

/** From now on: the longest task, and the longest time from a key to the frame that shows it. */
export function startTyping() {
  const seen = { task: 0, event: 0, keys: 0 };
  // What asks for this is a task of its own, and none of the typing.
  const from = performance.now() + 1;
  globalThis.typing = seen;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (entry.startTime > from) seen.task = Math.max(seen.task, entry.duration);
  }).observe({ type: 'longtask' });
  new PerformanceObserver(list => {
    for (const entry of list.getEntries())
      if (/^key|input/.test(entry.name)) seen.event = Math.max(seen.event, entry.duration);
  }).observe({ type: 'event', durationThreshold: 16 });
  addEventListener('input', () => {
    seen.keys += 1;
  });
}

export function typingBlock() {
  const { task, event, keys } = globalThis.typing;
  return { longest: Math.max(task, event), longest_task: Math.round(task), longest_event: event, keys };
}
