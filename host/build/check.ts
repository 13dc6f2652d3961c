/** The last step of a build: is the result what a host would take? Read the way that a host reads it. */
import { MAX_COMPONENT_BYTES } from '../component/read.ts'
import { splitComponent } from '../component/skeleton.ts'
import { NanoError } from '../errors.ts'

export interface CheckedComponent {
  readonly component: Uint8Array
  /** Names the engine that the component was built with. */
  readonly skeletonHash: string
}

/** The component with its engine's hash. `name`: the app, for a message when it is too large. */
export function checkComponent(component: Uint8Array, name: string): CheckedComponent {
  if (component.length > MAX_COMPONENT_BYTES) {
    const [size, most] = [component.length, MAX_COMPONENT_BYTES].map(
      (bytes) => `${Math.ceil(bytes / 2 ** 20)} MB`,
    )
    throw new NanoError(
      'BUILD_FAILED',
      `${name}: the component has ${size}, at most ${most} are admitted; keep less data at the app's top level`,
    )
  }
  return { component, skeletonHash: splitComponent(component).skeletonHash }
}
