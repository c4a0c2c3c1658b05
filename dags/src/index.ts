export { bankAccounts } from './bank_accounts/dag.ts';
