export interface StackFrame {
  /** `dags/src/orders/load_orders.ts:21`. */
  readonly place: string;
  readonly name: string;
}

const FRAME = /^\s*at (?:(?:async )?(\S.*?) \()?(.+?):(\d+):\d+\)?$/;

/** The frames of one's own code, nearest first; those of Node and of libraries are counted only. */
export function toFrames(stack: string): {
  readonly own: readonly StackFrame[];
  readonly hidden: number;
} {
  const frames = stack.split('\n').flatMap((line) => {
    const [, name = '', file, row] = FRAME.exec(line) ?? [];
    return file === undefined ? [] : [{ file: file.replace(/^file:\/\//, ''), name, row }];
  });
  const own = frames.filter(({ file }) => !/^node:|\/node_modules\//.test(file));
  return {
    own: own.map(({ file, name, row }) => ({ place: `${file}:${row}`, name })),
    hidden: frames.length - own.length,
  };
}
