export {
  startRegistration,
  type Registration,
  type RegistrationOptions,
} from './start-registration.ts';
export { loadBundle, prepareBundle, type BundleModule, type FetchArtefact } from './load-bundle.ts';
export type { EvaluateLimits } from './evaluate-file.ts';
