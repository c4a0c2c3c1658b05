/** Codes of commands that change runs by hand. */
export const COMMAND_ERRORS = {
  /** A task instance that was to be cleared runs, and the request said not to stop it. Wait, or leave that out. */
  taskRunning: 'TASK_RUNNING',
} as const;
