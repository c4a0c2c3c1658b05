import { Say } from '../../ui/Say.tsx';

export function RunPage() {
  return <Say fact="RunPage" />;
}
