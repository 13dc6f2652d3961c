/** The keys of an app's settings for Durable Objects: which classes `env` leads to, and what became of classes. */

import { BINDING_NAME } from './config.ts'
import { closed, list, text, textLike } from './values.ts'

const CLASS_NAME = BINDING_NAME
const className = () => textLike(CLASS_NAME, 'the name of a class')
const classes = (description: string) => list(className()).meta({ description }).exactOptional()

const binding = {
  name: textLike(BINDING_NAME, 'letters, digits, "_" and "$", not first a digit').meta({
    description: 'Its name in env.',
  }),
  class_name: className().meta({ description: 'The class, as the module of the app exports it.' }),
}

/** What only the operator may say of one. */
const foreign = {
  script_name: text()
    .meta({ description: 'The app that has the class; the app itself unless given.' })
    .exactOptional(),
}

const OBJECTS = { description: 'Classes of Durable Objects that the app finds in its env.' }

const migrations = list(
  closed({
    tag: text().meta({ description: 'Names the step.' }),
    new_classes: classes('Classes that begin with no data; the same as new_sqlite_classes.'),
    new_sqlite_classes: classes('Classes that begin with no data.'),
    renamed_classes: list(closed({ from: className(), to: className() }))
      .meta({ description: 'Classes that have another name from here on, and the data that they had.' })
      .exactOptional(),
    deleted_classes: classes('Classes whose data is erased.'),
  }),
)
  .meta({
    description: 'What became of classes of Durable Objects, step by step. A step that was served stays.',
  })
  .exactOptional()

/** Of an app that is deployed. */
export const OWN_DURABLE = {
  durable_objects: closed({ bindings: list(closed(binding)) })
    .meta(OBJECTS)
    .exactOptional(),
  migrations,
}

/** Of an app of nano.json. */
export const SHARED_DURABLE = {
  durable_objects: closed({ bindings: list(closed({ ...binding, ...foreign })) })
    .meta(OBJECTS)
    .exactOptional(),
  migrations,
}
