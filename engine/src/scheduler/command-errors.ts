/** Codes of commands that change runs by hand. */
export const COMMAND_ERRORS = {
  /** A task instance that was to be cleared runs, and the request said not to stop it. Wait, or leave that out. */
  taskRunning: 'TASK_RUNNING',
  /**
   * A run was to be marked only while in a state it is no longer in: it ended, or began, meanwhile. Look at it
   * again and decide anew.
   */
  runMovedOn: 'RUN_MOVED_ON',
} as const;
