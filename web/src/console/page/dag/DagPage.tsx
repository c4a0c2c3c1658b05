import { Say } from '../../ui/Say.tsx';

export function DagPage() {
  return <Say fact="DagPage" />;
}
