/** The last bytes of a stream, in constant memory: a child that prints 100 MB costs what `limit` allows. */
export type OutputTail = {
  push: (chunk: Buffer) => void;
  /** Something was left out at the front. */
  truncated: () => boolean;
  text: () => string;
};

export function createOutputTail(limit: number): OutputTail {
  let chunks: Buffer[] = [];
  let size = 0;
  let cut = false;

  return {
    push: (chunk) => {
      chunks.push(chunk);
      size += chunk.length;
      // Joined only when twice the limit has come together: copying at every chunk would be quadratic.
      if (size > 2 * limit) compact();
    },
    truncated: () => cut || size > limit,
    text: () => {
      if (size > limit) compact();
      const text = Buffer.concat(chunks).toString('utf8');
      return cut ? fromFirstWholeLine(text) : text;
    },
  };

  function compact(): void {
    const kept = Buffer.concat(chunks).subarray(-limit);
    chunks = [Buffer.from(kept)];
    size = kept.length;
    cut = true;
  }
}

/** A line cut in two can hide the front of a secret, by which it would have been recognised. */
function fromFirstWholeLine(text: string): string {
  const newline = text.indexOf('\n');
  if (newline !== -1) return text.slice(newline + 1);
  const space = text.search(/\s/);
  return space === -1 ? text : text.slice(space + 1);
}
