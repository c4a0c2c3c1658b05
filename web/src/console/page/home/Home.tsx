import { Say } from '../../ui/Say.tsx';

export function Home() {
  return <Say fact="Home" />;
}
