import { Say } from '../../ui/Say.tsx';

export function StreamList() {
  return <Say fact="StreamList" />;
}
