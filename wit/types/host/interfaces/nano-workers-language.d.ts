/** @module Interface nano:workers/language@0.2.0 **/
/**
 * Gives JSON in UTF-8: `[answer]`, or `[name, message]` of the error that the app gets.
 */
export function ask(method: Method, expert: Expert, input: Input): Uint8Array;
/**
 * JSON in UTF-8, `[kind, locales, options]`: what is asked, such as `["NumberFormat", ["de"], {"style": "percent"}]`.
 */
export type Expert = Uint8Array;
/**
 * JSON in UTF-8: the arguments, in a list.
 */
export type Input = Uint8Array;
/**
 * # Variants
 * 
 * ## `"canonical-locales"`
 * 
 * ## `"compare"`
 * 
 * ## `"describe"`
 * 
 * ## `"format"`
 * 
 * ## `"format-range"`
 * 
 * ## `"format-range-to-parts"`
 * 
 * ## `"format-to-parts"`
 * 
 * ## `"lower-case"`
 * 
 * ## `"normalize"`
 * 
 * ## `"of"`
 * 
 * ## `"rewrite"`
 * 
 * ## `"segment"`
 * 
 * ## `"select"`
 * 
 * ## `"select-range"`
 * 
 * ## `"supported-locales"`
 * 
 * ## `"supported-values"`
 * 
 * ## `"upper-case"`
 */
export type Method = 'canonical-locales' | 'compare' | 'describe' | 'format' | 'format-range' | 'format-range-to-parts' | 'format-to-parts' | 'lower-case' | 'normalize' | 'of' | 'rewrite' | 'segment' | 'select' | 'select-range' | 'supported-locales' | 'supported-values' | 'upper-case';
