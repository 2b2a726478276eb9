export interface Progress {
  /** `done` of what was to be done; `note` stands behind the bar. */
  update(done: number, note: string): void;
  /** Takes the line away again. */
  end(): void;
}

const BAR_WIDTH = 28;
const REDRAW_EVERY_MS = 80;
/** Partial blocks, an eighth each, so that the bar creeps instead of jumping. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/**
 * A progress line on a terminal, redrawn in place; nothing where the output is not a terminal. Without a total there is
 * no bar, only the note.
 */
export function progress(output: NodeJS.WriteStream, label: string, total: number | undefined): Progress {
  if (!output.isTTY) return { update: () => {}, end: () => {} };
  let drawnAt = 0;

  return {
    update(done, note) {
      const now = Date.now();
      if (now - drawnAt < REDRAW_EVERY_MS && done !== total) return;
      drawnAt = now;
      const share = total === undefined ? '' : ` ${bar(done / Math.max(total, 1))}`;
      output.write(`\r\x1b[2K${`${label}${share}  ${note}`.slice(0, output.columns - 1)}`);
    },
    end() {
      if (drawnAt > 0) output.write('\r\x1b[2K');
    },
  };
}

function bar(share: number): string {
  const eighths = Math.round(Math.min(Math.max(share, 0), 1) * BAR_WIDTH * 8);
  const full = Math.floor(eighths / 8);
  const filled = '█'.repeat(full) + EIGHTHS[eighths % 8];
  return `${filled.padEnd(BAR_WIDTH, '░')} ${String(Math.floor(share * 100)).padStart(3)} %`;
}
