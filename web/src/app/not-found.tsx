import { Link } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import { EmptyState } from '@/shared/ui/states';

export function NotFound() {
  return (
    <EmptyState icon={<Compass aria-hidden />} title="There is no such page">
      The address may be mistyped, or what it showed was removed.{' '}
      <Link to="/flows" className="text-accent-text underline">
        Go to the flows
      </Link>
    </EmptyState>
  );
}
