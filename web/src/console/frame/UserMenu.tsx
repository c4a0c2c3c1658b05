import { Menu, MenuItem, MenuTrigger, Popover, Button as AriaButton } from 'react-aria-components';

import { useSession, useSignOut } from '../api/session.ts';
import { showKeyboardHelp } from '../keyboard/help-state.ts';
import { buttonClass } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import menu from '../ui/Menu.module.css';
import { Kbd } from '../ui/Kbd.tsx';

/** Who is signed in, and the way out. */
export function UserMenu() {
  const { data: session } = useSession();
  const signOut = useSignOut();
  if (session === undefined) return null;
  return (
    <MenuTrigger>
      <AriaButton className={buttonClass('ghost')} aria-label={`Signed in as ${session.username}`}>
        <Icon name="person" />
      </AriaButton>
      <Popover className={menu.popover ?? ''} placement="bottom end">
        <div className={menu.head}>
          {session.username}
          <span>
            role {session.role}
            {session.role === 'viewer' && ': sees everything, changes nothing'}
          </span>
        </div>
        <Menu className={menu.menu ?? ''} aria-label="Account">
          <MenuItem className={menu.item ?? ''} onAction={showKeyboardHelp}>
            Keyboard <Kbd keys="?" />
          </MenuItem>
          <MenuItem className={menu.item ?? ''} onAction={() => signOut.mutate()}>
            Sign out
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
