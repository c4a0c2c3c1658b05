import { Say } from '../../ui/Say.tsx';

export function StreamPage() {
  return <Say fact="StreamPage" />;
}
