import { Say } from '../../ui/Say.tsx';

export function RunList() {
  return <Say fact="RunList" />;
}
