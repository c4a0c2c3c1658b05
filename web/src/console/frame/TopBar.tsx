import { Link } from '@tanstack/react-router';
import { Fragment, useState } from 'react';

import { useSession } from '../api/session.ts';
import { setZone, useZone } from '../format/zone.ts';
import { setTheme, THEMES, useTheme } from '../theme/theme.ts';
import { Button } from '../ui/Button.tsx';
import { Icon, Logo } from '../ui/Icon.tsx';
import { Kbd } from '../ui/Kbd.tsx';
import { ConnectionDot } from './ConnectionDot.tsx';
import { type Crumb, cutMiddle, useCrumbs } from './crumbs.ts';
import { DESTINATIONS } from './navigation.ts';
import styles from './TopBar.module.css';
import { UserMenu } from './UserMenu.tsx';

/** Where you are, whether it is live, and the way to everything else. */
export function TopBar({ onSearch }: { readonly onSearch: () => void }) {
  const [isMenuOpen, setMenuOpen] = useState(false);
  return (
    <header className={styles.top}>
      <Link to="/" className={styles.logo} aria-label="Home">
        <Logo />
      </Link>
      <Crumbs crumbs={useCrumbs()} />
      <span className={styles.space} />
      <ReadOnly />
      <ConnectionDot />
      <ZoneButton />
      <button type="button" className={styles.search} onClick={onSearch}>
        <Icon name="search" />
        <span className={styles.searchWord}>Search or jump to</span>
        <Kbd keys="mod+k" />
      </button>
      <ThemeButton />
      <UserMenu />
      <button
        type="button"
        className={styles.menuButton}
        aria-label="Menu"
        aria-expanded={isMenuOpen}
        onClick={() => setMenuOpen(!isMenuOpen)}
      >
        <Icon name={isMenuOpen ? 'close' : 'menu'} />
      </button>
      {isMenuOpen && <SmallMenu onClose={() => setMenuOpen(false)} />}
    </header>
  );
}

/** Said once, so that nobody looks for buttons that are not there. */
function ReadOnly() {
  const { data: session } = useSession();
  if (session?.role !== 'viewer') return null;
  return (
    <span
      className={styles.readOnly}
      title="The role viewer sees everything and changes nothing. An administrator can give you the role user."
    >
      read only
    </span>
  );
}

function Crumbs({ crumbs }: { readonly crumbs: readonly Crumb[] }) {
  return (
    <nav className={styles.crumbs} aria-label="Breadcrumb">
      {crumbs.map(({ name, to }, index) => {
        const isLast = index === crumbs.length - 1;
        return (
          <Fragment key={name}>
            {index > 0 && <span aria-hidden="true">/</span>}
            {isLast || to === undefined ? (
              <span className={styles.here} aria-current="page" title={name}>
                {cutMiddle(name, 48)}
              </span>
            ) : (
              <Link to={to} className={styles.crumb} title={name}>
                {cutMiddle(name, 32)}
              </Link>
            )}
          </Fragment>
        );
      })}
    </nav>
  );
}

function ZoneButton() {
  const zone = useZone();
  const next = zone === 'UTC' ? 'local' : 'UTC';
  return (
    <Button
      look="ghost"
      className={styles.wide}
      onClick={() => setZone(next)}
      title={`Times are shown in ${zone === 'UTC' ? 'UTC' : 'your own zone'}; press for ${next}`}
    >
      {zone === 'UTC' ? 'UTC' : 'local time'}
    </Button>
  );
}

function ThemeButton() {
  const theme = useTheme();
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
  return (
    <Button
      look="ghost"
      className={styles.wide}
      aria-label={`Theme: ${theme}. Change to ${next}`}
      title={`Theme: ${theme}`}
      onClick={() => setTheme(next)}
    >
      <Icon name="theme" />
    </Button>
  );
}

/** The rail of screens under 700 px. */
function SmallMenu({ onClose }: { readonly onClose: () => void }) {
  const theme = useTheme();
  return (
    <nav className={styles.menu} aria-label="Main">
      {DESTINATIONS.map(({ to, name, icon }) => (
        <Link
          key={to}
          to={to}
          className={styles.menuItem}
          activeProps={{ className: styles.menuOn }}
          activeOptions={{ exact: to === '/' }}
          onClick={onClose}
        >
          <Icon name={icon} />
          {name}
        </Link>
      ))}
      <div className={styles.menuThemes} role="group" aria-label="Theme">
        {THEMES.map((each) => (
          <Button
            key={each}
            look={each === theme ? 'plain' : 'ghost'}
            aria-pressed={each === theme}
            onClick={() => setTheme(each)}
          >
            {each}
          </Button>
        ))}
      </div>
    </nav>
  );
}
