// The states of shards: their order, colours and shapes, and how the viewer writes them.

// Worst first: where several shards share a column of pixels, the worst is drawn.
export const STATES = ["damaged", "failed", "quarantined", "running", "stale", "missing", "follows", "waiting", "adopted", "done"];
export const RANK = Object.fromEntries(STATES.map((name, place) => [name, place]));
export const BAD = new Set(["damaged", "failed", "quarantined", "stale"]);

// Which token of style.css a state is drawn in, and whether it fills its row or leaves a margin.
export const DRAWN = {
  damaged: { token: "--bad", shape: "cross" },
  failed: { token: "--c6", shape: "falling" },
  quarantined: { token: "--other", shape: "full" },
  running: { token: "--accent", shape: "rising" },
  stale: { token: "--c2", shape: "rising" },
  missing: { token: "--warn", shape: "frame" },
  follows: { token: "--c4", shape: "low" },
  waiting: { token: "--line", shape: "low" },
  adopted: { token: "--c5", shape: "calm" },
  done: { token: "--c3", shape: "calm" },
};

export const WORDS = {
  damaged: "An object of it is gone or truncated",
  failed: "It failed, and is worth another try",
  quarantined: "It failed for good: its input is broken",
  running: "It is left in a batch that is at work",
  stale: "Inputs, settings or version have changed since",
  missing: "All that it reads is there; nobody has done it yet",
  follows: "What it reads is quarantined",
  waiting: "What it reads is not there yet",
  adopted: "Another run had made just this",
  done: "It is committed",
};

/** "d9990f2d8" with { d: "done", … } → a list of states by shard. */
export function unrolled(runs, letters) {
  const states = [];
  for (const [, letter, length] of runs.matchAll(/([a-z])(\d*)/g)) {
    const name = letters[letter];
    for (let left = length ? Number(length) : 1; left > 0; left -= 1) states.push(name);
  }
  return states;
}

/** [3, 4, 5, 12] → "3-5,12". */
export function asRanges(numbers) {
  const parts = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = parts.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else parts.push([number, number]);
  }
  return parts.map(([first, last]) => (last > first ? `${first}-${last}` : `${first}`)).join(",");
}

/** "3-5,12" → [3, 4, 5, 12]. */
export function inRanges(text) {
  return text.split(",").filter(Boolean).flatMap((part) => {
    const [first, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, step) => first + step);
  });
}
