#!/usr/bin/env node
import { start } from '../lib/cli/start.ts';

start();
