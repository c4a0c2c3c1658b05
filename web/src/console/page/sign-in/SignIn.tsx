import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';

import { useSignIn } from '../../api/session.ts';
import { Button } from '../../ui/Button.tsx';
import { Field } from '../../ui/Field.tsx';
import { Logo } from '../../ui/Icon.tsx';
import styles from './SignIn.module.css';

/** The one page without the frame; it comes back to where the session ended. */
export function SignIn() {
  const { to } = useSearch({ from: '/sign-in' });
  const navigate = useNavigate();
  const signIn = useSignIn();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const submit = (event: { preventDefault: () => void }) => {
    event.preventDefault();
    signIn.mutate(
      { username, password },
      { onSuccess: () => void navigate({ href: safeTarget(to), replace: true }) },
    );
  };
  return (
    <main className={styles.page}>
      <form className={styles.card} onSubmit={submit} aria-labelledby="sign-in">
        <div className={styles.brand}>
          <Logo size={28} />
        </div>
        <h1 id="sign-in" className={styles.title}>
          Sign in to Tidegate
        </h1>
        {to !== undefined && <p className={styles.note}>You then come back to where you were.</p>}
        <Field
          label="User name"
          value={username}
          onChange={setUsername}
          autoComplete="username"
          autoFocus
          required
        />
        <Field
          label="Password"
          type="password"
          value={password}
          onChange={setPassword}
          autoComplete="current-password"
          required
        />
        {signIn.error !== null && (
          <p className={styles.error} role="alert">
            {signIn.error.message}
          </p>
        )}
        <Button look="primary" type="submit" disabled={signIn.isPending} className={styles.submit}>
          Sign in
        </Button>
      </form>
      <Tide />
    </main>
  );
}

/** Only paths of this console: the address bar must not lead elsewhere. */
function safeTarget(to: string | undefined): string {
  return to?.startsWith('/') === true && !to.startsWith('//') && !to.startsWith('/\\') ? to : '/';
}

function Tide() {
  const wave = (y: number, amplitude: number) =>
    `M0 ${y}${' c40 0 60 -A 100 -A s60 A 100 A'.replaceAll('A', String(amplitude)).repeat(10)}`;
  return (
    <svg
      className={styles.tide}
      viewBox="0 0 1600 160"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {[30, 66, 102, 138].map((y, index) => (
        <path key={y} d={wave(y, 18 - index * 3)} fill="none" stroke="currentColor" />
      ))}
    </svg>
  );
}
