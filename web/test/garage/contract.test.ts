import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { GarageConfig, TariffConfig } from 'prometheus-parking-lot';
import * as codes from '../../src/garage/codes.js';
import { garageModule } from '../../src/wasm/garage-module.js';
import { loadGarages, type RawGarages } from '../../src/wasm/garages.js';

type Arities<T> = { [K in keyof T]: T[K] extends (...all: infer A) => unknown ? A['length'] : never };

const functions: Arities<RawGarages> = {
  openGarages: 8,
  settleGarages: 0,
  closeGarages: 0,
  act: 5,
  watch: 2,
  show: 2,
  madeUpDay: 4,
  past: 2,
  events: 2,
  storageState: 0,
  version: 0,
};

test('the Embind functions of the garage module are those of garages.ts, with as many arguments', async () => {
  const { raw } = await loadGarages(garageModule);
  const module = raw as unknown as Record<string, (...all: unknown[]) => unknown>;
  for (const [name, arity] of Object.entries(functions)) {
    const tooMany = Array.from({ length: arity + 1 }, () => '');
    assert.throws(
      () => module[name]!(...tooMany),
      new RegExp(`called with ${arity + 1} arguments, expected ${arity}`),
    );
  }
});

test('without open garages a call of the module does nothing', async () => {
  const { raw } = await loadGarages(garageModule);
  assert.equal(raw.act(0, 1, '{"do":"tick"}', 0, 0), '{"replies":[],"changes":[]}');
  assert.equal(raw.show(0, 'figures'), 'null');
  assert.equal(raw.madeUpDay(0, 'busy', 1n, 'report'), 'null');
  raw.watch(7, true);
  raw.closeGarages();
});

test('the vocabularies of garages are those of the core', () => {
  assert.deepEqual(JSON.parse(process.env.PARKING_LOT_GARAGE_CODES!), {
    VehicleType: codes.vehicleTypes,
    VehicleSize: codes.vehicleSizes,
    SpotKind: codes.spotKinds,
    SpotState: codes.spotStates,
    Feature: codes.features,
    TicketState: codes.ticketStates,
    Allocation: codes.allocations,
    Refusal: codes.garageRefusals,
    LineKind: codes.lineKinds,
    Action: codes.garageActions,
  });
});

const garageKeys: Record<keyof GarageConfig, true> = {
  preset: true,
  zone: true,
  currency: true,
  levels: true,
  entrances: true,
  allocation: true,
  allocation_switches: true,
  switch_back_percent: true,
  tariffs: true,
  lane_max: true,
  reservation_secs: true,
  ticket_retention_secs: true,
  ticket_retention_count: true,
  report_days: true,
  storage: true,
};
const tariffKeys: Record<keyof TariffConfig, true> = {
  rounding: true,
  rounding_unit: true,
  grace_entry: true,
  grace_exit: true,
  flat: true,
  tiers: true,
  increment: true,
  tiers_each_day: true,
  daily_cap: true,
  overnight: true,
  weekend: true,
  ev_overstay: true,
  lost_ticket: true,
  events: true,
  validations: true,
  permits: true,
  vehicle_percent: true,
  spot_percent: true,
  surge: true,
};

test('the shipped schema has the keys of garages and tariffs that the types have, each with its form', async () => {
  const file = new URL(import.meta.resolve('prometheus-parking-lot/config-schema'));
  const schema = JSON.parse(await readFile(file, 'utf8'));
  const garage = schema.properties.garages.additionalProperties;
  assert.deepEqual(Object.keys(garage.properties).sort(), Object.keys(garageKeys).sort());
  const tariff = garage.properties.tariffs.additionalProperties;
  assert.deepEqual(Object.keys(tariff.properties).sort(), Object.keys(tariffKeys).sort());
  for (const [key, { type, oneOf }] of Object.entries({
    ...garage.properties,
    ...tariff.properties,
  } as Record<string, { type?: string; oneOf?: unknown[] }>))
    assert.ok(type ?? oneOf, `${key} has no form`);
  assert.deepEqual(garage.properties.preset.enum, ['airport', 'mall', 'street']);
  assert.equal(garage.properties.levels.additionalProperties.additionalProperties.oneOf.length, 2);
  assert.deepEqual(Object.keys(tariff.properties.overnight.properties), ['from', 'to', 'fee']);
  assert.equal(tariff.properties.overnight.properties.fee.default, undefined);
});
