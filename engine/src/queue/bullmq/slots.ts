/** The worker's slots, shared by all its queues. */
export interface Slots {
  readonly free: number;
  /** Takes a slot if one is free. */
  tryTake(): boolean;
  release(): void;
}

/** `onChange` runs after every take and release. */
export function createSlots(total: number, onChange: () => void): Slots {
  let used = 0;
  return {
    get free() {
      return total - used;
    },
    tryTake: () => {
      if (used >= total) return false;
      used += 1;
      onChange();
      return true;
    },
    release: () => {
      used -= 1;
      onChange();
    },
  };
}
