// The keyboard on the pages of a person.
"use strict";
