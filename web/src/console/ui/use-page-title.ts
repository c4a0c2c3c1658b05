import { useEffect } from 'react';

/** The tab's title: what it is, then whose. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Tidegate`;
  }, [title]);
}
